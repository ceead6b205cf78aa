//! The names of what a page may ask for, by topic. The page, the shell's handler, its permissions and the tests take
//! them from here. This file stands alone, because the shell's build script includes it.

/// Hands the names of all calls, by topic, to another macro. A topic is a module of the shell's commands.
#[macro_export]
macro_rules! calls {
    ($with:ident) => {
        $with! {
            archives { archive archives back_up delete_archive reveal_archive verify }
            audit { audit audit_export audit_report }
            automation {
                hold_archive notices prune put_back release_archive retention runs_ahead schedule send_test
            }
            closing { close_anyway on_close set_stays_in_tray set_unsaved stays_in_tray }
            files { choose_file choose_folder copy_secret save_file }
            keys {
                check_key confirm_key create_key destroy_key discard_key export_kit import_key import_key_of_store
                key_ring rotate
            }
            mfa { begin_mfa change_mfa confirm_mfa mfa }
            overview { accept_loss history overview profiles readiness review watch }
            restore { compare_restore prove_restore restore restore_plan }
            runs { cancel end_session run runs underway undo_archive wait_longer }
            session { choose_profile make_sample session set_language }
            settings { check_source check_store full_path look_into_store save_profile settings }
        }
    };
}

macro_rules! call {
    ($($topic:ident { $($name:ident)* })*) => {
        /// What a page may ask for.
        #[expect(non_camel_case_types, reason = "a call has the same name wherever it stands")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Call {
            $($(#[doc = concat!("`", stringify!($name), "`, of the topic `", stringify!($topic), "`.")] $name,)*)*
        }

        impl Call {
            /// All of them.
            pub const ALL: &'static [Self] = &[$($(Self::$name,)*)*];

            /// Its name, as it is sent.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $($(Self::$name => stringify!($name),)*)*
                }
            }
        }
    };
}

calls!(call);
