//! The shell's answers. Only this module knows that Tauri exists.

use std::pin::Pin;

use aitta_model::{
    ArchiveDetails, AuditFormat, AuditList, AuditQuery, BackupReport, BackupRequest, ChangeMfaRequest,
    ConfirmKeyRequest, ConfirmMfaRequest, DatabaseUrl, Date, DeleteReport, DeleteRequest, DestroyKeyRequest,
    ErrorCode, ExportKitRequest, Failure, History, ImportKeyRequest, KeyCanary, KeyRingReport, ListReport,
    MfaChanged, MfaCode, MfaEnrolment, MfaStatus, Overview, ProfileForm, ProgressEvent, RecoveryCodes,
    RecoveryKit, RestorePlan, RestoreReport, RestoreRequest, Review, RotateRequest, RotationReport,
    RunDetails, RunSummary, Session, Settings, SourceCheck, StoreCheck, StoreCredentials, StoreSettings,
    VerifyReport, VerifyRequest,
};
use async_trait::async_trait;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use serde_wasm_bindgen::from_value;
use wasm_bindgen::prelude::{Closure, JsValue, wasm_bindgen};

use crate::api::{Answer, Api, OnProgress, OperationId};

#[wasm_bindgen(module = "/src/tauri.js")]
extern "C" {
    #[wasm_bindgen(catch)]
    async fn invoke(command: &str, args: JsValue) -> Result<JsValue, JsValue>;

    fn channel(on_message: &Closure<dyn Fn(JsValue)>) -> String;
}

/// An answer that is awaited.
type Asked<T> = Pin<Box<dyn Future<Output = Answer<T>>>>;

/// The shell around this page.
pub(crate) struct Shell;

/// Asks for one command. Numbers keep their precision: all that leave the engine are below 2^53.
fn ask<T: DeserializeOwned + 'static>(command: &'static str, args: Value) -> Asked<T> {
    let told = told(command, args);
    Box::pin(async move { from_value(told.await?).map_err(|e| unintelligible(command, &e.to_string())) })
}

/// The same with progress. The closure must outlive the operation, and no longer.
fn follow<T: DeserializeOwned + 'static>(
    command: &'static str,
    mut args: Value,
    progress: OnProgress,
) -> Asked<T> {
    let on_message = Closure::<dyn Fn(JsValue)>::new(move |message| {
        if let Ok(event) = from_value::<ProgressEvent>(message) {
            progress(event);
        }
    });
    args["progress"] = Value::String(channel(&on_message));
    let asked = ask(command, args);
    Box::pin(async move {
        let answer = asked.await;
        drop(on_message);
        answer
    })
}

/// The part of a question that is the same for every answer, compiled once.
fn told(command: &'static str, args: Value) -> Asked<JsValue> {
    Box::pin(async move {
        let args = args
            .serialize(&serde_wasm_bindgen::Serializer::json_compatible())
            .map_err(|e| unintelligible(command, &e.to_string()))?;
        invoke(command, args).await.map_err(|error| failure(command, error))
    })
}

fn failure(command: &str, error: JsValue) -> Failure {
    from_value(error.clone()).unwrap_or_else(|_| {
        let text = error.as_string().unwrap_or_else(|| format!("{error:?}"));
        unintelligible(command, &text)
    })
}

fn unintelligible(command: &str, error: &str) -> Failure {
    Failure {
        code: ErrorCode::System,
        message: format!("the program gave no usable answer to {command:?}: {error}"),
        hint: "start Aitta again; if that does not help, report this message".to_owned(),
    }
}

/// The one place where the URL of a target, with its password, leaves the page: towards the shell.
fn exposed(request: &RestoreRequest) -> Value {
    json!({
        "archive": request.archive,
        "tables": request.tables,
        "to": request.to.as_ref().map(DatabaseUrl::expose),
        "to_schema": request.to_schema,
        "reason": request.reason,
        "jobs": request.jobs,
        "lock_timeout_s": request.lock_timeout_s,
        "no_owner": request.no_owner,
        "no_privileges": request.no_privileges,
        "mfa": shown(request.mfa.as_ref()),
    })
}

/// The second factor leaves the page only here.
fn shown(mfa: Option<&MfaCode>) -> Option<&str> {
    mfa.map(MfaCode::expose)
}

#[async_trait(?Send)]
impl Api for Shell {
    async fn session(&self) -> Answer<Session> {
        ask("session", json!({})).await
    }

    async fn choose_profile(&self, name: &str) -> Answer<Session> {
        ask("choose_profile", json!({ "name": name })).await
    }

    async fn make_sample(&self, operation: OperationId) -> Answer<Session> {
        ask("make_sample", json!({ "operation": operation.0 })).await
    }

    async fn overview(&self) -> Answer<Overview> {
        ask("overview", json!({})).await
    }

    async fn history(&self, days: u32) -> Answer<History> {
        ask("history", json!({ "days": days })).await
    }

    async fn review(&self, month: Date) -> Answer<Review> {
        ask("review", json!({ "month": month })).await
    }

    async fn archives(&self) -> Answer<ListReport> {
        ask("archives", json!({})).await
    }

    async fn archive(&self, selector: &str) -> Answer<ArchiveDetails> {
        ask("archive", json!({ "id": selector })).await
    }

    async fn back_up(
        &self,
        request: BackupRequest,
        operation: OperationId,
        progress: OnProgress,
    ) -> Answer<BackupReport> {
        follow("back_up", json!({ "request": request, "operation": operation.0 }), progress).await
    }

    async fn verify(
        &self,
        request: VerifyRequest,
        operation: OperationId,
        progress: OnProgress,
    ) -> Answer<VerifyReport> {
        follow("verify", json!({ "request": request, "operation": operation.0 }), progress).await
    }

    async fn delete_archive(&self, request: DeleteRequest) -> Answer<DeleteReport> {
        let mfa = shown(request.mfa.as_ref());
        let request = json!({ "id": request.id, "reason": request.reason, "mfa": mfa });
        ask("delete_archive", json!({ "request": request })).await
    }

    async fn reveal_archive(&self, id: &str) -> Answer<()> {
        ask("reveal_archive", json!({ "id": id })).await
    }

    async fn restore_plan(&self, request: RestoreRequest) -> Answer<RestorePlan> {
        ask("restore_plan", json!({ "request": exposed(&request) })).await
    }

    async fn restore(
        &self,
        request: RestoreRequest,
        operation: OperationId,
        progress: OnProgress,
    ) -> Answer<RestoreReport> {
        let args = json!({ "request": exposed(&request), "operation": operation.0 });
        follow("restore", args, progress).await
    }

    async fn runs(&self, limit: u32) -> Answer<Vec<RunSummary>> {
        ask("runs", json!({ "limit": limit })).await
    }

    async fn run(&self, id: i64) -> Answer<RunDetails> {
        ask("run", json!({ "id": id })).await
    }

    async fn cancel(&self, operation: OperationId) -> Answer<()> {
        ask("cancel", json!({ "operation": operation.0 })).await
    }

    async fn settings(&self) -> Answer<Settings> {
        ask("settings", json!({})).await
    }

    async fn save_profile(&self, form: ProfileForm) -> Answer<Session> {
        let form = json!({
            "name": form.name,
            "database_url": form.database_url.as_ref().map(DatabaseUrl::expose),
            "store": form.store,
            "credentials": form.credentials.as_ref().map(StoreCredentials::expose),
            "retention_days": form.retention_days,
            "targets": form.targets,
        });
        ask("save_profile", json!({ "form": form })).await
    }

    async fn check_source(&self, url: DatabaseUrl) -> Answer<SourceCheck> {
        ask("check_source", json!({ "url": url.expose() })).await
    }

    async fn check_store(
        &self,
        store: StoreSettings,
        credentials: Option<StoreCredentials>,
    ) -> Answer<StoreCheck> {
        let credentials = credentials.as_ref().map(StoreCredentials::expose);
        ask("check_store", json!({ "store": store, "credentials": credentials })).await
    }

    async fn key_ring(&self) -> Answer<KeyRingReport> {
        ask("key_ring", json!({})).await
    }

    async fn create_key(&self, reason: &str) -> Answer<RecoveryKit> {
        ask("create_key", json!({ "reason": reason })).await
    }

    async fn confirm_key(&self, request: ConfirmKeyRequest) -> Answer<KeyRingReport> {
        let request = json!({ "key_id": request.key_id, "typed": request.typed.expose() });
        ask("confirm_key", json!({ "request": request })).await
    }

    async fn discard_key(&self, key_id: &str) -> Answer<()> {
        ask("discard_key", json!({ "key_id": key_id })).await
    }

    async fn import_key(&self, request: ImportKeyRequest) -> Answer<KeyRingReport> {
        let request = json!({ "key": request.key.expose(), "reason": request.reason });
        ask("import_key", json!({ "request": request })).await
    }

    async fn export_kit(&self, request: ExportKitRequest) -> Answer<RecoveryKit> {
        let mfa = shown(request.mfa.as_ref());
        let request = json!({ "key_id": request.key_id, "reason": request.reason, "mfa": mfa });
        ask("export_kit", json!({ "request": request })).await
    }

    async fn destroy_key(&self, request: DestroyKeyRequest) -> Answer<KeyRingReport> {
        let mfa = shown(request.mfa.as_ref());
        let request = json!({ "key_id": request.key_id, "reason": request.reason, "mfa": mfa });
        ask("destroy_key", json!({ "request": request })).await
    }

    async fn check_key(&self) -> Answer<KeyCanary> {
        ask("check_key", json!({})).await
    }

    async fn rotate(
        &self,
        request: RotateRequest,
        operation: OperationId,
        progress: OnProgress,
    ) -> Answer<RotationReport> {
        follow("rotate", json!({ "request": request, "operation": operation.0 }), progress).await
    }

    async fn mfa(&self) -> Answer<MfaStatus> {
        ask("mfa", json!({})).await
    }

    async fn begin_mfa(&self) -> Answer<MfaEnrolment> {
        ask("begin_mfa", json!({})).await
    }

    async fn confirm_mfa(&self, request: ConfirmMfaRequest) -> Answer<RecoveryCodes> {
        let mfa = shown(request.mfa.as_ref());
        let request = json!({ "code": request.code.expose(), "mfa": mfa, "reason": request.reason });
        ask("confirm_mfa", json!({ "request": request })).await
    }

    async fn change_mfa(&self, request: ChangeMfaRequest) -> Answer<MfaChanged> {
        let mfa = shown(request.mfa.as_ref());
        let request = json!({ "change": request.change, "mfa": mfa, "reason": request.reason });
        ask("change_mfa", json!({ "request": request })).await
    }

    async fn audit(&self, query: AuditQuery) -> Answer<AuditList> {
        ask("audit", json!({ "query": query })).await
    }

    async fn audit_export(&self, query: AuditQuery, format: AuditFormat) -> Answer<String> {
        ask("audit_export", json!({ "query": query, "format": format })).await
    }

    async fn audit_report(&self, year: i16, quarter: i8) -> Answer<String> {
        ask("audit_report", json!({ "year": year, "quarter": quarter })).await
    }

    async fn stays_in_tray(&self) -> Answer<bool> {
        ask("stays_in_tray", json!({})).await
    }

    async fn set_stays_in_tray(&self, stays: bool) -> Answer<()> {
        ask("set_stays_in_tray", json!({ "stays": stays })).await
    }

    async fn save_file(&self, name: &str, _mime: &str, bytes: Vec<u8>) -> Answer<Option<String>> {
        ask("save_file", json!({ "name": name, "bytes": bytes })).await
    }
}
