//! A large directory, of which one in a thousand changes: what does the next cycle read, send and hold?

use std::sync::atomic::Ordering;
use std::time::Instant;

use connector::Needs;
use connector_file::FileSource;

use crate::directory::{Application, CHANGED, Directory};
use crate::job::Job;
use crate::memory;

/// Measures, and prints a table.
pub async fn run(users: u64) {
    println!("\n{users} users, of which {} change:", users.div_ceil(CHANGED));
    println!("{:<44}{:>10}{:>10}{:>10}{:>10}{:>10}", "", "s", "read", "requests", "writes", "peak, MB");
    let (job, application) = (Job::new("").await, Application::default());
    for (what, day) in
        [("source that tells changes, initial", 0), ("source that tells changes, incremental", 1)]
    {
        let source = Directory::new(users, day);
        let told = source.clone();
        measure(what, &application, job.cycle(source, application.clone()), || {
            told.read.load(Ordering::Relaxed)
        })
        .await;
    }
    // What a file source is about to say is not known before it has read the files again.
    let folder = tempfile::tempdir().unwrap();
    let files = || FileSource::new(folder.path(), Needs::default());
    let (job, application) = (Job::new("").await, Application::default());
    for (what, day) in [("files, initial", 0), ("files, incremental", 1)] {
        Directory::new(users, day).write(folder.path());
        measure(what, &application, job.cycle(files(), application.clone()), || users).await;
    }
}

async fn measure<T>(
    what: &str,
    application: &Application,
    cycle: impl Future<Output = T>,
    read: impl FnOnce() -> u64,
) {
    let counters = [&application.asked, &application.written];
    let before = counters.map(|counter| counter.load(Ordering::Relaxed));
    memory::forget_peak();
    let began = Instant::now();
    cycle.await;
    let elapsed = began.elapsed().as_secs_f64();
    let [asked, written] = counters.map(|counter| counter.load(Ordering::Relaxed));
    let (asked, written) = (asked - before[0], written - before[1]);
    println!(
        "{what:<44}{elapsed:>10.1}{:>10}{asked:>10}{written:>10}{:>10}",
        read(),
        memory::peak_megabytes()
    );
}
