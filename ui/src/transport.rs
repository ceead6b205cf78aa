//! What carries a question out of the page, and its answer back.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;

use aitta_model::{Call, Failure, ProgressEvent};

/// An answer, or what went wrong with its hint.
pub(crate) type Answer<T> = Result<T, Failure>;

/// An answer that is awaited.
pub(crate) type Asked<T> = Pin<Box<dyn Future<Output = Answer<T>>>>;

/// Takes the progress of an operation.
pub(crate) type OnProgress = Rc<dyn Fn(ProgressEvent)>;

/// Takes messages, as JSON.
pub(crate) type OnMessage = Box<dyn Fn(String)>;

/// Carries questions and answers, both as JSON. It knows no call by itself.
pub(crate) trait Transport {
    /// Asks. The arguments are an object, one field for each.
    fn ask(&self, call: Call, args: String) -> Asked<String>;
    /// The same, with progress until the answer is there.
    fn follow(&self, call: Call, args: String, progress: OnProgress) -> Asked<String>;
    /// Asks for messages, which come as JSON as long as the page is there.
    fn listen(&self, call: Call, on_message: OnMessage) -> Asked<String>;
    /// Saves a file where the user wants it; gives the path, or nothing when they changed their mind.
    fn save(&self, name: &str, mime: &str, bytes: Vec<u8>) -> Asked<Option<String>>;
}

/// The number by which an operation is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OperationId(pub(crate) u32);

impl OperationId {
    /// One that was not used before, also not by this page before it was loaded anew: what it had begun may still be
    /// under way.
    pub(crate) fn next() -> Self {
        thread_local! {
            static LAST: Cell<u32> = Cell::new((js_sys::Math::random() * f64::from(u32::MAX)) as u32);
        }
        LAST.set(LAST.get().wrapping_add(1));
        Self(LAST.get())
    }
}
