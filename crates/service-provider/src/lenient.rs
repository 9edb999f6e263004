//! Request targets with raw quotes.
//!
//! Clients of note send `?filter=userName+eq+"x"` with the quotes as they are. RFC 3986 §2 wants `%22`, and the HTTP
//! library refuses such a request before any handler sees it, with an answer that is no SCIM error. So the library reads
//! through a connection that writes `%22` into request lines, and touches nothing else.
//!
//! Where a request begins is known without parsing bodies: at the begin of a connection, and after the server wrote.
//! It also writes before a body (`100 Continue`, RFC 9110 §15.2.1), but a request line begins with a method in capital
//! letters and a space, which no JSON text and no chunk size does.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A connection on which raw quotes in request targets are accepted.
pub struct Lenient<I> {
    inner: I,
    place: Place,
    /// What was read and rewritten, and does not fit into the reader's buffer yet.
    rewritten: BytesMut,
}

/// Where in a request the next byte is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In the method, or in the empty lines that may come before it (RFC 9112 §2.2).
    Method { begun: bool },
    /// In the rest of the request line.
    Target,
    /// Behind it.
    Behind,
}

impl Place {
    const START: Self = Self::Method { begun: false };

    fn after(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::Method { .. }, b'A'..=b'Z') => Self::Method { begun: true },
            (Self::Method { begun: false }, b'\r' | b'\n') => self,
            (Self::Method { begun: true }, b' ') => Self::Target,
            (Self::Target, byte) if byte != b'\n' => Self::Target,
            (Self::Method { .. } | Self::Target | Self::Behind, _) => Self::Behind,
        }
    }

    /// Goes on through these bytes. Answers them with their quotes encoded, if there are any to encode.
    fn rewrite(&mut self, bytes: &[u8]) -> Option<BytesMut> {
        let mut rewritten: Option<BytesMut> = None;
        for (index, byte) in bytes.iter().copied().enumerate() {
            if *self == Self::Behind {
                if let Some(rewritten) = &mut rewritten {
                    rewritten.extend_from_slice(bytes.get(index..).unwrap_or_default());
                }
                break;
            }
            if *self == Self::Target && byte == b'"' {
                rewritten
                    .get_or_insert_with(|| BytesMut::from(bytes.get(..index).unwrap_or_default()))
                    .extend_from_slice(b"%22");
            } else if let Some(rewritten) = &mut rewritten {
                rewritten.extend_from_slice(&[byte]);
            }
            *self = self.after(byte);
        }
        rewritten
    }
}

impl<I> Lenient<I> {
    /// Wraps a connection that was just accepted.
    #[must_use]
    pub fn new(connection: I) -> Self {
        Self { inner: connection, place: Place::START, rewritten: BytesMut::new() }
    }

    fn hand_over(&mut self, buffer: &mut ReadBuf<'_>) {
        let length = self.rewritten.len().min(buffer.remaining());
        buffer.put_slice(&self.rewritten.split_to(length));
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Lenient<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.rewritten.has_remaining() {
            self.hand_over(buffer);
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(context, buffer))?;
        let read = buffer.filled().get(before..).unwrap_or_default();
        if let Some(rewritten) = self.place.rewrite(read) {
            buffer.set_filled(before);
            self.rewritten = rewritten;
            self.hand_over(buffer);
        }
        Poll::Ready(Ok(()))
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Lenient<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.place = Place::START;
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.place = Place::START;
        Pin::new(&mut self.inner).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rewrites a text in two pieces, however it is cut.
    fn check(text: &str, expected: &str) {
        for cut in 0..=text.len() {
            let mut place = Place::START;
            let mut result = Vec::new();
            let (first, second) = text.as_bytes().split_at(cut);
            for piece in [first, second] {
                match place.rewrite(piece) {
                    Some(rewritten) => result.extend_from_slice(&rewritten),
                    None => result.extend_from_slice(piece),
                }
            }
            assert_eq!(String::from_utf8(result).unwrap(), expected, "{cut}");
        }
    }

    #[test]
    fn quotes_in_the_request_line_and_nowhere_else_are_encoded() {
        check(
            "GET /Users?filter=a+eq+\"x\"&b=\"\" HTTP/1.1\r\nETag: \"x\"\r\n\r\n{\"a\":\"GET /\"}",
            "GET /Users?filter=a+eq+%22x%22&b=%22%22 HTTP/1.1\r\nETag: \"x\"\r\n\r\n{\"a\":\"GET /\"}",
        );
        check("\r\n\r\nPUT \"", "\r\n\r\nPUT %22");
    }

    #[test]
    fn a_body_after_100_continue_stays_as_it_is() {
        for body in [
            "{\"userName\":\"x\"}",
            " \r\n{\"a\":\"b\"}",
            "A5\r\n{\"a\":\"b\"}",
            "[\"GET \\\"\"]",
            "\"GET x\"",
        ] {
            check(body, body);
        }
    }
}
