//! Who asks for which stream, checked; and how it is opened.

use std::sync::Arc;

use futures::StreamExt;
use provision_api::v1;
use provision_core::fault::{Fault, Result};
use provision_core::filter::Filter;
use provision_core::{Reason, TenantId};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tracing::Instrument;

use super::subscriber::Subscriber;
use super::{Beginning, Frame, Messages, Source};
use crate::convert::time;
use crate::door::{Door, Scope, permit};
use crate::gate::Caller;
use crate::name;
use crate::tokens::{Place, StreamScope, Topic};

/// Who asked for which stream: what a token is bound to, and what rights are asked for.
pub(crate) struct Asked {
    pub door: Arc<Door>,
    pub caller: Caller,
    pub topic: Topic,
    pub parent: String,
    pub tenant: TenantId,
    pub filter_text: String,
    pub filter: Filter,
    pub begin: v1::StreamStart,
    _permit: OwnedSemaphorePermit,
}

/// The arguments of a stream, as they came.
pub(crate) struct Arguments<'a> {
    pub parent: &'a str,
    pub filter: &'a str,
    pub start: i32,
}

impl Asked {
    /// Checks who asks, and for what.
    pub(crate) async fn check(
        door: Arc<Door>,
        caller: Caller,
        topic: Topic,
        arguments: Arguments<'_>,
        filter_fields: &[&str],
    ) -> Result<Asked> {
        door.authorise(&caller, &Scope::Tenant(arguments.parent)).await?;
        let tenant = name::tenant("parent", arguments.parent)?;
        let filter = Filter::parse(arguments.filter, filter_fields)?;
        let begin = v1::StreamStart::try_from(arguments.start)
            .map_err(|_| Fault::invalid("start", "is not a value of StreamStart"))?;
        let permit = permit(&caller)?;
        let (parent, filter_text) = (arguments.parent.to_owned(), arguments.filter.to_owned());
        Ok(Asked { door, caller, topic, parent, tenant, filter_text, filter, begin, _permit: permit })
    }

    pub(crate) fn token(&self, place: Place) -> String {
        self.door.tokens.resume(self.scope(), place)
    }

    pub(crate) fn read_token(&self, token: &str) -> Result<Place> {
        self.door.tokens.read_resume(self.scope(), token)
    }

    fn scope(&self) -> StreamScope<'_> {
        StreamScope {
            topic: self.topic,
            principal: &self.caller.known.principal,
            tenant: &self.tenant,
            filter: &self.filter_text,
        }
    }

    /// Opens the stream. All that can be refused was refused before.
    pub(crate) fn begin<S: Source>(self, beginning: Beginning<S>) -> Messages<S::Answer> {
        let opened = Frame::Opened(v1::StreamOpened {
            server_time: Some(time::to_proto(self.door.ports.clock.now())),
            heartbeat_interval: Some(time::duration(self.door.settings.heartbeat)),
            oldest_token: beginning.oldest_token,
        });
        let (out, messages) = mpsc::channel(1);
        let (last, ending) = oneshot::channel();
        let subscriber = Subscriber {
            heartbeat_due: Instant::now() + self.door.settings.heartbeat,
            place: beginning.place,
            source: beginning.source,
            asked: self,
            out,
        };
        tokio::spawn(subscriber.run(opened, beginning.snapshot, last).in_current_span());
        // The end has its own way, so that it arrives even where the channel was full when the stream was given up.
        let ending = futures::stream::once(ending).filter_map(|last| std::future::ready(last.ok()));
        ReceiverStream::new(messages).map(Ok).chain(ending).boxed()
    }
}

/// The refusal of a token that is too old.
pub(crate) fn expired(oldest_token: String) -> Fault {
    Fault::new(
        Reason::ResumeTokenExpired,
        "what came after this token is no longer kept; take a snapshot, or go on from oldest_token",
    )
    .meta("oldest_token", oldest_token)
}
