//! Parts of the report: the proof of each table, what is kept and how to go back, and the details.

use std::sync::Arc;

use aitta_model::{RestoreMode, RestoreReport, TableProof};
use leptos::prelude::*;
use leptos_router::components::A;

use super::heading::Goto;
use super::kept::Kept;
use super::rows::{RowOf, Rows};
use super::wizard::target_of;
use crate::address;
use crate::components::copy::CopyButton;
use crate::components::icon::Icon;
use crate::format;
use crate::plain::last_part;
use crate::preferences::texts;
use crate::shown::Shown;
use crate::texts::restore::Step;

const HEIGHT: usize = 40;
/// So much of a digest tells two apart by eye; all of it is in the title.
const DIGITS: usize = 12;

#[component]
pub(super) fn Proofs(report: Arc<RestoreReport>) -> impl IntoView {
    let t = texts();
    let lines = Signal::stored(Arc::new((0..report.proofs.len()).collect::<Vec<_>>()));
    let row: RowOf<usize> = Arc::new(move |i| {
        report.proofs.get(i).map(|proof| view! { <Proof proof=proof.clone()/> }).into_any()
    });
    view! {
        <div class="proof-line head" aria-hidden="true">
            <span>{t.restore.table}</span>
            <span class="n">{t.restore.rows_in_backup}</span>
            <span class="n">{t.restore.rows_restored}</span>
            <span>{t.restore.digest}</span>
            <span></span>
        </div>
        <Rows lines=lines height=HEIGHT row label=t.restore.proof reset=Signal::stored(String::new()) still=true/>
    }
}

#[component]
fn Proof(proof: TableProof) -> impl IntoView {
    let t = texts();
    let equal = proof.equal();
    let short = |digest: &str| digest.chars().take(DIGITS).collect::<String>();
    let digests = (t.restore.digests)(&proof.archive_digest, &proof.target_digest);
    let shown = if proof.archive_digest == proof.target_digest {
        short(&proof.target_digest)
    } else {
        format!("{} ≠ {}", short(&proof.archive_digest), short(&proof.target_digest))
    };
    view! {
        <div class="proof-line" data-proof=proof.name.clone() data-equal=equal.to_string()>
            <span class="name" title=proof.name.clone()>{proof.name.clone()}</span>
            <span class="n">{format::number(proof.archive_rows)}</span>
            <span class="n">{format::number(proof.target_rows)}</span>
            <code title=digests>{shown}</code>
            {if equal {
                view! { <span class="pill ok"><Icon name="check"/>{t.restore.equal}</span> }.into_any()
            } else {
                view! { <span class="pill bad"><Icon name="cross"/>{t.restore.differs}</span> }.into_any()
            }}
        </div>
    }
}

/// What is kept of before, and the way back.
#[component]
pub(super) fn Afterwards(report: Arc<RestoreReport>) -> impl IntoView {
    match (&report.safety_archive, &report.mode) {
        (Some(id), _) => view! { <Safety id=id.clone() report=report.clone()/> }.into_any(),
        (None, RestoreMode::Swap { target, set_aside }) => {
            view! { <SetAside target=target.clone() set_aside=set_aside.clone()/> }.into_any()
        }
        (None, _) if report.dropped => {
            let t = texts();
            view! { <p class="note ok"><Icon name="check"/><span>{t.restore.proof_nothing_left}</span></p> }
                .into_any()
        }
        (None, mode) => view! { <Beside mode=mode.clone()/> }.into_any(),
    }
}

#[component]
fn Safety(id: String, report: Arc<RestoreReport>) -> impl IntoView {
    let t = texts();
    let (kept, goto) = (Kept::here(), Goto::here());
    let reason = (t.restore.undo_reason)(&report.archive);
    let safety = id.clone();
    let undo = move |_| {
        kept.open_to_undo(&safety, reason.clone());
        goto.to(Step::Preview);
    };
    view! {
        <div class="card pad stack kept">
            <h3>{t.restore.kept_safe}</h3>
            <p class="small">{t.restore.kept_safe_more}</p>
            <p><A href=address::backup(&id) attr:class="mono">{id.clone()}</A></p>
            <button type="button" id="restore-undo" class="btn" on:click=undo>
                <Icon name="undo"/>{t.restore.undo}
            </button>
        </div>
    }
}

/// What is run elsewhere: lines that stay whole, and their copy.
fn to_copy(text: String) -> AnyView {
    let words = texts().readiness.copy;
    view! { <pre class="whole"><code>{text.clone()}</code></pre><p><CopyButton text words class="btn small"/></p> }
        .into_any()
}

/// The old database lies beside the new one.
#[component]
fn SetAside(target: String, set_aside: String) -> impl IntoView {
    let t = texts();
    // With one profile only the command line finds it by itself.
    let profile = Shown::here().0.with_untracked(|session| {
        let session = session.as_ref().filter(|s| s.profiles.len() > 1)?;
        session.active.as_ref().map(|p| format!(" --profile {}", quoted(&p.name)))
    });
    let profile = profile.unwrap_or_default();
    let is_file = set_aside.contains(['/', '\\']);
    let old = last_part(&set_aside).to_owned();
    let steps = if is_file {
        (t.restore.file_back)(&set_aside, &target)
    } else {
        (t.restore.database_back)(last_part(&target), &old)
    };
    view! {
        <div class="card pad stack kept">
            <h3>{t.restore.kept_aside}</h3>
            <p class="small">{(t.restore.kept_aside_more)(last_part(&target))}</p>
            <p><code id="restore-set-aside">{set_aside}</code></p>
            <h4>{t.restore.go_back}</h4>
            {steps.into_iter().map(|step| view! {
                <p class="small">{step.0}</p>
                {(!step.1.is_empty()).then(|| to_copy(step.1))}
            }.into_any()).collect_view()}
            <h4>{t.restore.drop_old}</h4>
            <p class="small">{t.restore.drop_old_more}</p>
            {to_copy(format!("aitta restore cleanup {}{profile} --reason routine", quoted(&old)))}
        </div>
    }
}

/// Nothing was overwritten: there is nothing to undo, only something to drop.
#[component]
fn Beside(mode: RestoreMode) -> impl IntoView {
    let t = texts();
    let place = match &mode {
        RestoreMode::SideSchema { target, schema } => format!("{} · {schema}", last_part(target)),
        other => target_of(other).to_owned(),
    };
    let drop = match &mode {
        RestoreMode::SideSchema { schema, .. } => {
            Some(format!("DROP SCHEMA \"{}\" CASCADE;", schema.replace('"', "\"\"")))
        }
        _ => None,
    };
    view! {
        <div class="card pad stack kept">
            <h3>{t.restore.nothing_overwritten}</h3>
            <p class="small">{t.restore.nothing_overwritten_more}</p>
            <p><code>{place}</code></p>
            {drop.map(|sql| view! { <p class="small">{t.restore.drop_schema}</p>{to_copy(sql)} }.into_any())}
        </div>
    }
}

/// For a shell (POSIX, 2.2.2), where it needs quotes.
fn quoted(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
    if plain { name.to_owned() } else { format!("'{}'", name.replace('\'', r"'\''")) }
}

/// Where the sequences stand now.
#[component]
pub(super) fn Sequences(report: Arc<RestoreReport>) -> impl IntoView {
    let t = texts();
    let sequences = report.sequences.clone();
    (!sequences.is_empty()).then(|| {
        view! {
            <details class="card more">
                <summary>{(t.restore.sequences)(sequences.len() as u64)}</summary>
                <dl>
                    {sequences.into_iter().map(|sequence| view! {
                        <dt>{sequence.name}</dt>
                        <dd>{(t.restore.sequence_at)(sequence.archived, sequence.restored)}</dd>
                    }.into_any()).collect_view()}
                </dl>
            </details>
        }
        .into_any()
    })
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn names_are_quoted_for_a_shell_where_they_need_it() {
        assert_eq!(quoted("carwash_before_restore_20261124T0100Z"), "carwash_before_restore_20261124T0100Z");
        assert_eq!(quoted("it's new"), r"'it'\''s new'");
    }
}
