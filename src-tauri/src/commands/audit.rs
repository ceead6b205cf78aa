//! The audit trail.

use aitta_engine::trail as engine;
use aitta_model::{AuditFormat, AuditList, AuditQuery, Language};
use tauri::State;

use crate::state::{Answer, AppState};

#[tauri::command]
pub(super) async fn audit(state: State<'_, AppState>, query: AuditQuery) -> Answer<AuditList> {
    let context = state.context().await?;
    let all = AuditQuery { limit: query.limit, ..AuditQuery::default() } == query;
    let mut list = engine::list(&context, query).await.map_err(|e| e.failure())?;
    // Against the archives too, but not again for each letter of a filter.
    if all && list.chain.is_intact() {
        list.chain = engine::verify(&context).await.map_err(|e| e.failure())?;
    }
    Ok(list)
}

/// The trail as the text of a file.
#[tauri::command]
pub(super) async fn audit_export(
    state: State<'_, AppState>,
    query: AuditQuery,
    format: AuditFormat,
) -> Answer<String> {
    engine::export(&state.context().await?, query, format).await.map_err(|e| e.failure())
}

/// The report of a quarter as a page of HTML.
#[tauri::command]
pub(super) async fn audit_report(
    state: State<'_, AppState>,
    year: i16,
    quarter: i8,
    language: Language,
) -> Answer<String> {
    engine::report(&state.context().await?, year, quarter, language).await.map_err(|e| e.failure())
}
