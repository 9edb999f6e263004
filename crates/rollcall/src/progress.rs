//! A progress bar on standard error: rate and time to go. It hides itself when that is no terminal.

use indicatif::{ProgressBar, ProgressStyle};
use provisioning::progress::{Observer, Progress};

/// How the bar looks while the source knows how many objects there are.
const MEASURED: &str = "{prefix} {bar:30} {pos}/{len} objects  {per_sec}  {eta} left  {msg}";
/// How it looks while it doesn't.
const UNMEASURED: &str = "{prefix} {spinner} {pos} objects  {per_sec}  {msg}";

/// A bar that watches a cycle, a plan or its application.
pub struct Bar(ProgressBar);

impl Bar {
    /// A bar with a title.
    pub fn new(title: &'static str) -> Self {
        let bar = ProgressBar::new_spinner().with_prefix(title);
        bar.set_style(style(UNMEASURED));
        Self(bar)
    }
}

impl Observer for Bar {
    fn progress(&self, progress: Progress) {
        if progress.expected.is_some() && self.0.length() != progress.expected {
            self.0.set_length(progress.expected.unwrap_or_default());
            self.0.set_style(style(MEASURED));
        }
        self.0.set_position(progress.read);
        let (written, escrowed) = (progress.counts.written(), progress.counts.escrowed);
        self.0.set_message(match escrowed {
            0 => format!("{written} written"),
            _ => format!("{written} written, {escrowed} in escrow"),
        });
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Both templates are constants that a test parses.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_are_valid() {
        for template in [MEASURED, UNMEASURED] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}
