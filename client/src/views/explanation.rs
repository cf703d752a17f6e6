//! Why an account is not protected.

use provision_client::api::v1;

use super::next_action;
use crate::text::escape;

/// The sentence that says how it stands, then each cause with what was seen and what to do.
pub fn explanation(answer: &v1::ExplainServiceAccountResponse) -> String {
    let mut text = format!("{}: {}\n", escape(&answer.service_account), escape(&answer.summary));
    for (at, cause) in answer.causes.iter().enumerate() {
        text.push_str(&format!("\n{:>2}. {}: {}\n", at + 1, escape(&cause.reason), escape(&cause.message)));
        for seen in &cause.evidence {
            text.push_str(&format!("    seen: {}\n", escape(seen)));
        }
        if let Some(next) = &cause.next_action {
            text.push_str(&format!("    next: {}\n", escape(&next_action(next))));
        }
    }
    text
}
