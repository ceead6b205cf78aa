//! Which archive is meant.

use std::collections::HashSet;
use std::sync::Arc;

use aitta_archive::ArchiveId;
use aitta_base::tables::{self, TableName};
use aitta_keys::KeyRing;
use aitta_model::{Action, ArchiveSelector, BackupKind, Command, ErrorCode, RestoreOption, Word};
use aitta_store::{ARCHIVES, ObjectMeta, Store, created_at, id_of};

use crate::catalog::Named;
use crate::context::Own;
use crate::reading::OpenArchive;
use crate::reading::disowned::{disowned, does_not_open};
use crate::{Context, Error, Result};

/// The ids of all archives of the store, newest first. Files with other names are passed over.
///
/// # Errors
/// `store_*` when the store can't be listed.
pub(crate) async fn ids(context: &Context) -> Result<Vec<ArchiveId>> {
    Ok(listed(context.store.as_ref()).await?.into_iter().map(|archive| archive.id).collect())
}

/// An archive as the list of a store has it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Listed {
    pub(crate) id: ArchiveId,
    /// Its size in bytes.
    pub(crate) size: u64,
}

/// All archives of a store, newest first. Files with other names are passed over.
///
/// # Errors
/// `store_*` when it can't be listed.
pub(crate) async fn listed(store: &dyn Store) -> Result<Vec<Listed>> {
    let objects = store.list(ARCHIVES).await?;
    let archive = |object: &ObjectMeta| Some(Listed { id: id_of(&object.name)?, size: object.size });
    let mut archives: Vec<Listed> = objects.iter().filter_map(archive).collect();
    archives.sort_unstable_by_key(|archive| std::cmp::Reverse(archive.id));
    Ok(archives)
}

/// All archives that fit, the best first.
///
/// # Errors
/// `archive_not_found` when there is none, `store_*`.
pub(crate) async fn candidates(context: &Context, selector: &ArchiveSelector) -> Result<Vec<ArchiveId>> {
    let mut ids = ids(context).await?;
    match selector {
        ArchiveSelector::Latest => {}
        ArchiveSelector::Id(wanted) => {
            let near = near(wanted, &ids);
            let suggest = |error: Error| match near.is_empty() {
                true => error,
                false => error.hint_instead(format!("did you mean {}?", near.join(" or "))),
            };
            let id: ArchiveId = wanted.parse().map_err(|e| suggest(Error::from(e)))?;
            ids.retain(|other| *other == id);
            if ids.is_empty() {
                return Err(suggest(nothing_found(context, selector)));
            }
        }
        ArchiveSelector::Before(time) => {
            let limit = u64::try_from(time.as_millisecond()).unwrap_or(0);
            ids.retain(|id| id.created_ms() < limit);
        }
    }
    if ids.is_empty() { Err(nothing_found(context, selector)) } else { Ok(ids) }
}

/// The archive that is meant, for showing and checking it: the search passes over the same archives as that of a restore.
///
/// # Errors
/// `archive_not_found`, `config_invalid`, `store_*`.
pub(crate) async fn one(context: &Context, keys: &KeyRing, selector: &ArchiveSelector) -> Result<ArchiveId> {
    let ids = candidates(context, selector).await?;
    let mut search = Search::new(context, selector, Need::Anything).await?;
    for id in ids {
        if by_id(selector) {
            return Ok(id);
        }
        match search.offer(id, OpenArchive::open(context.store.clone(), id, keys).await)? {
            Offer::PassedOver => {}
            // The caller finds out what is wrong with one that can't be opened.
            Offer::Taken(_) | Offer::Unopened(_) => return Ok(id),
        }
    }
    Err(search.found_nothing(context))
}

/// What to do when the newest archive, by its name, does not open: the newest that opens, which must not take its place
/// unasked. Absent where the selector names one archive, and where the error is about more than that one.
pub(crate) async fn way_on(
    context: &Context,
    keys: &KeyRing,
    selector: &ArchiveSelector,
    need: Need<'_>,
    failed: ArchiveId,
    error: &Error,
) -> Option<String> {
    if by_id(selector) || !does_not_open(error.code()) {
        return None;
    }
    let older = candidates(context, selector).await.ok()?.into_iter().skip_while(|id| *id != failed).skip(1);
    let mut search = Search::new(context, selector, need).await.ok()?;
    let mut closed = 1;
    for id in older {
        match search.offer(id, OpenArchive::open(context.store.clone(), id, keys).await).ok()? {
            Offer::PassedOver => {}
            Offer::Unopened(error) if does_not_open(error.code()) => closed += 1,
            Offer::Unopened(_) => return None,
            Offer::Taken(found) => {
                let made = created_at(found.id().created_ms()).strftime("%Y-%m-%d %H:%M:%S UTC");
                let than = if closed == 1 { failed.to_string() } else { format!("{closed} that do not") };
                return Some(format!(
                    "the newest that opens is {id}, of {made}: to take that one instead of {than}, name it {by_id}; if \
                     {failed} is not one of yours, {archive_disown} makes every search pass it over and leaves it where it \
                     is",
                    by_id = Action::With(RestoreOption::Archive),
                    archive_disown = Command::ArchiveDisown
                ));
            }
        }
    }
    Some(format!(
        "no older one opens either; if {failed} is not one of yours, {archive_disown} makes every search pass it over and \
         leaves it where it is",
        archive_disown = Command::ArchiveDisown
    ))
}

/// An error that was met at the archive that a selector means, with the newest that opens.
pub(crate) async fn with_way_on(
    context: &Context,
    keys: &KeyRing,
    selector: &ArchiveSelector,
    id: ArchiveId,
    error: Error,
) -> Error {
    match way_on(context, keys, selector, Need::Anything, id, &error).await {
        Some(way) => {
            let hint = format!("{}; {way}", error.hint());
            error.hint_instead(hint)
        }
        None => error,
    }
}

/// What a request needs of an archive.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Need<'n> {
    /// Whatever is in it.
    Anything,
    /// These tables; the whole database when there are none.
    Tables(&'n [String]),
}

/// Decides which archive a selector means: `latest` and `before:` mean the newest that serves the request. Archives are
/// offered newest first, until one ends the search.
pub(crate) struct Search<'s> {
    selector: &'s ArchiveSelector,
    own: Option<Own>,
    need: Need<'s>,
    disowned: HashSet<ArchiveId>,
    passed: Vec<(ArchiveId, Why)>,
}

/// What comes of an archive that is offered.
pub(crate) enum Offer {
    /// It is the one.
    Taken(Arc<OpenArchive>),
    /// The search goes on.
    PassedOver,
    /// It can't be opened, and the search ends: an older one must not take its place unasked.
    Unopened(Error),
}

impl<'s> Search<'s> {
    /// A search for an archive of the profile's database.
    ///
    /// # Errors
    /// `config_invalid`, `audit_failed`.
    pub(crate) async fn new(
        context: &Context,
        selector: &'s ArchiveSelector,
        need: Need<'s>,
    ) -> Result<Self> {
        let disowned = disowned(context).await?;
        Ok(Self { selector, own: context.own()?, need, disowned, passed: Vec::new() })
    }

    /// Offers the next one in age, as far as it could be opened.
    ///
    /// # Errors
    /// `table_*` when a whole database lacks a table that is wanted.
    pub(crate) fn offer(&mut self, id: ArchiveId, opened: Result<OpenArchive>) -> Result<Offer> {
        let archive = match opened {
            Ok(archive) => archive,
            Err(error)
                if !by_id(self.selector) && self.disowned.contains(&id) && does_not_open(error.code()) =>
            {
                self.passed.push((id, Why::Disowned));
                return Ok(Offer::PassedOver);
            }
            Err(error) => return Ok(Offer::Unopened(error)),
        };
        if by_id(self.selector) {
            return Ok(Offer::Taken(Arc::new(archive)));
        }
        match passed_over(self.own.as_ref(), &archive, self.need)? {
            Some(why) => {
                self.passed.push((archive.id(), why));
                Ok(Offer::PassedOver)
            }
            None => Ok(Offer::Taken(Arc::new(archive))),
        }
    }

    /// What was passed over so far, with the reasons.
    pub(crate) fn passed(&self) -> &[(ArchiveId, Why)] {
        &self.passed
    }

    /// What an archive is of, in words, if it is not of the profile's database; and the name of that one.
    pub(crate) fn other(&self, archive: &OpenArchive) -> Option<(String, &str)> {
        let own = self.own.as_ref()?;
        Some((other(own, archive)?, &own.database))
    }

    /// All were passed over.
    pub(crate) fn found_nothing(&self, context: &Context) -> Error {
        nothing_left(context, self.selector, &self.passed)
    }
}

/// The one with this id, by its name alone.
///
/// # Errors
/// `archive_not_found`, `store_*`.
pub(crate) async fn by_name(context: &Context, id: String) -> Result<ArchiveId> {
    let selector = ArchiveSelector::Id(id);
    let ids = candidates(context, &selector).await?;
    ids.first().copied().ok_or_else(|| nothing_found(context, &selector))
}

/// Whether one archive is named, which is then taken whatever is in it.
pub(crate) fn by_id(selector: &ArchiveSelector) -> bool {
    matches!(selector, ArchiveSelector::Id(_))
}

/// The database of an archive, as the archive names it.
pub(crate) fn named(archive: &OpenArchive) -> Named {
    let source = &archive.manifest().source;
    Named {
        engine: Some(Word::read(source.engine.as_str())),
        database: Some(source.database.clone()),
        place: source.place.clone(),
    }
}

/// What an archive is of, if it is not of this database: in words.
fn other(own: &Own, archive: &OpenArchive) -> Option<String> {
    let (source, named) = (&archive.manifest().source, named(archive));
    let place = source.place.as_ref().map_or(String::new(), |place| format!(" at {place}"));
    (!own.is(&named)).then(|| format!("of the database {:?}{place}", source.database))
}

/// Why `latest` and `before:` pass an archive over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Why {
    /// It holds what a restore has overwritten, which is mostly the damage.
    Safety,
    /// Profiles may share a store: of which database it is, in words.
    Another(String),
    /// It doesn't hold all that is asked for.
    Partial,
    /// It does not open, and somebody has disowned it.
    Disowned,
}

/// Whether, and why, an archive is passed over.
fn passed_over(own: Option<&Own>, archive: &OpenArchive, need: Need<'_>) -> Result<Option<Why>> {
    if archive.manifest().kind == BackupKind::Safety.as_str() {
        return Ok(Some(Why::Safety));
    }
    if let Some(other) = own.and_then(|own| other(own, archive)) {
        return Ok(Some(Why::Another(other)));
    }
    let Need::Tables(wanted) = need else { return Ok(None) };
    match tables_of(archive, wanted) {
        Ok(_) => Ok(None),
        // A table that a whole database lacks is a slip of the hand, or was dropped: an older archive would hide that.
        Err(error) if archive.manifest().complete => Err(error),
        Err(_) => Ok(Some(Why::Partial)),
    }
}

/// The numbers of the tables that are wanted; `None` for all of a whole database.
///
/// # Errors
/// `table_*`; `target_incompatible` when all are wanted and the archive holds chosen ones.
pub(crate) fn tables_of(archive: &OpenArchive, wanted: &[String]) -> Result<Option<Vec<u32>>> {
    let manifest = archive.manifest();
    let (numbers, names): (Vec<u32>, Vec<TableName>) = manifest
        .tables()
        .map(|(number, section)| (number, TableName::new(section.schema.as_deref(), &section.name)))
        .unzip();
    if !wanted.is_empty() {
        let found = tables::resolve(wanted, &names).map_err(|e| e.context(archive.id()))?;
        return Ok(Some(found.into_iter().map(|i| numbers[i]).collect()));
    }
    if manifest.complete {
        return Ok(None);
    }
    let held: Vec<String> = names.iter().map(ToString::to_string).collect();
    Err(Error::new(
        ErrorCode::TargetIncompatible,
        format!("{} is no whole database; it holds only {}", archive.id(), held.join(", ")),
        format!("restore these with --tables {}", held.join(",")),
    ))
}

/// All were passed over: when one is of another database, that may be what was meant after a move.
fn nothing_left(context: &Context, selector: &ArchiveSelector, passed: &[(ArchiveId, Why)]) -> Error {
    let error = nothing_found(context, selector);
    let other = passed.iter().find_map(|(id, why)| match why {
        Why::Another(what) => Some((id, what)),
        Why::Safety | Why::Partial | Why::Disowned => None,
    });
    match other {
        Some((id, what)) => error.hint_instead(format!(
            "there is {id}, {what}: if that is meant, after a move or on a new server, name it by its id"
        )),
        None => error,
    }
}

/// No archive fits.
pub(crate) fn nothing_found(context: &Context, selector: &ArchiveSelector) -> Error {
    let place = context.store.location();
    let (message, hint) = match selector {
        ArchiveSelector::Latest => (
            format!("there is no archive in {place} that fits"),
            format!("make one with {backup_create}", backup_create = Command::BackupCreate),
        ),
        ArchiveSelector::Id(id) => (
            format!("there is no archive {id} in {place}"),
            format!("{backup_list} shows what is there", backup_list = Command::BackupList),
        ),
        ArchiveSelector::Before(time) => (
            format!("there is no archive from before {time} in {place} that fits"),
            format!(
                "{backup_list} shows what is there; times are in UTC unless they carry a zone",
                backup_list = Command::BackupList
            ),
        ),
    };
    Error::new(ErrorCode::ArchiveNotFound, message, hint)
}

/// Ids that may have been meant: with the same beginning, or with a few characters wrong.
fn near(wanted: &str, ids: &[ArchiveId]) -> Vec<String> {
    const WRONG: usize = 3;
    /// Any id has this much in common with any other.
    const COMMON: usize = "backup-1".len();
    let score = |id: &String| match wanted.len() > COMMON && id.starts_with(wanted) {
        true => Some(0),
        false => Some(strsim::levenshtein(wanted, id)).filter(|wrong| *wrong <= WRONG),
    };
    let ids = ids.iter().map(ToString::to_string);
    let mut near: Vec<(usize, String)> = ids.filter_map(|id| Some((score(&id)?, id))).collect();
    near.sort_by_key(|(score, _)| *score);
    near.into_iter().take(3).map(|(_, id)| id).collect()
}
