//! The trail for people: filtered, and as a file.

use std::collections::VecDeque;

use aitta_model::{AuditEntry, AuditFormat, AuditList, AuditQuery, AuditRecord, ErrorCode};

use super::{check, csv};
use crate::catalog::{self, StoredLink};
use crate::{Context, Error, Result};

/// The entries that are asked for, newest first, and whether the chain holds. The store is not asked for it:
/// [`super::verify`] does that.
///
/// # Errors
/// `audit_failed`, `catalog_failed`.
pub async fn list(context: &Context, query: AuditQuery) -> Result<AuditList> {
    let chain = check::chain(context).await?;
    let (records, total) = match records(context, &query).await {
        // The fault of the chain shows it.
        Err(error) if chain.fault.is_some() && catalog::is_trail_gone(&error) => (Vec::new(), 0),
        other => other?,
    };
    Ok(AuditList { records: records.into_iter().rev().collect(), total, chain })
}

/// The entries that are asked for as a file, oldest first.
///
/// # Errors
/// `audit_failed`, `catalog_failed`.
pub async fn export(context: &Context, query: AuditQuery, format: AuditFormat) -> Result<String> {
    let (records, _) = records(context, &query).await?;
    match format {
        AuditFormat::Csv => Ok(csv::table(&records)),
        AuditFormat::Json => serde_json::to_string_pretty(&records).map(|json| json + "\n").map_err(|e| {
            Error::new(ErrorCode::System, format!("the trail could not be written: {e}"), "report this")
                .with_source(e)
        }),
    }
}

/// Oldest first, and how many match beyond the limit. Entries that can't be parsed are left to the check of the chain.
pub(super) async fn records(context: &Context, query: &AuditQuery) -> Result<(Vec<AuditRecord>, u64)> {
    let limit = query.limit.map_or(usize::MAX, |limit| limit as usize);
    let (mut kept, mut total) = (VecDeque::new(), 0);
    let see = |link: StoredLink| {
        let Ok(entry) = serde_json::from_slice::<AuditEntry>(&link.body) else { return };
        if !matches(query, &entry) {
            return;
        }
        total += 1;
        kept.push_back(AuditRecord { entry, hash: String::from_utf8_lossy(&link.hash).into_owned() });
        if kept.len() > limit {
            kept.pop_front();
        }
    };
    context.catalog.read_audit(see).await?;
    Ok((kept.into(), total))
}

fn matches(query: &AuditQuery, entry: &AuditEntry) -> bool {
    let is =
        |asked: &Option<String>, told: Option<&str>| asked.as_deref().is_none_or(|asked| told == Some(asked));
    query.operation.as_ref().is_none_or(|asked| *asked == entry.operation)
        && is(&query.profile, entry.profile.as_deref())
        && (is(&query.user, Some(&entry.actor.user)) || is(&query.user, entry.actor.admin.as_deref()))
        && query.from.is_none_or(|from| entry.at >= from)
        && query.to.is_none_or(|to| entry.at < to)
}
