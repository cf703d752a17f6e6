//! A source that ends in an error where it is longer than it may be.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncBufRead, AsyncRead, ReadBuf};

/// The whole answer: a hundred describes of large objects are some ten megabytes.
const TOTAL_MAX: usize = 128 << 20;
/// One tag or text.
const EVENT_MAX: usize = 1 << 20;

const TOO_LONG: &str = "more bytes than an answer has";
const LONG_EVENT: &str = "an element or text without end";

/// Counts what is taken out of it.
pub(super) struct Bounded<R> {
    inner: R,
    total: usize,
    event: usize,
}

impl<R> Bounded<R> {
    pub(super) fn new(inner: R) -> Self {
        Bounded { inner, total: TOTAL_MAX, event: EVENT_MAX }
    }

    /// From here on the next tag or text is counted.
    pub(super) fn next_event(&mut self) {
        self.event = EVENT_MAX;
    }

    fn check(&self) -> io::Result<()> {
        if self.total == 0 {
            Err(io::Error::other(TOO_LONG))
        } else if self.event == 0 {
            Err(io::Error::other(LONG_EVENT))
        } else {
            Ok(())
        }
    }

    fn take(&mut self, bytes: usize) {
        self.total = self.total.saturating_sub(bytes);
        self.event = self.event.saturating_sub(bytes);
    }
}

/// Which bound an error is about, if it is one of these.
pub(super) fn exceeded(error: &io::Error) -> Option<&'static str> {
    let text = error.get_ref()?.to_string();
    [TOO_LONG, LONG_EVENT].into_iter().find(|bound| text == *bound)
}

impl<R: AsyncBufRead + Unpin> AsyncBufRead for Bounded<R> {
    fn poll_fill_buf(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        this.check()?;
        Pin::new(&mut this.inner).poll_fill_buf(context)
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        let this = self.get_mut();
        this.take(amount);
        Pin::new(&mut this.inner).consume(amount);
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Bounded<R> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.check()?;
        let before = buffer.filled().len();
        let polled = Pin::new(&mut this.inner).poll_read(context, buffer);
        this.take(buffer.filled().len().saturating_sub(before));
        polled
    }
}
