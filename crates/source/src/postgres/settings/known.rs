//! Every setting of PostgreSQL 12 to 18 that a database or a role can have, and what comes of it here: those whose
//! context in `pg_settings` is `user`, `superuser`, `backend` or `superuser-backend`, and those that this view hides.

/// Why it may have any value, with the names, in order.
pub(super) const HARMLESS: [(&str, &str); 13] = [
    (
        "How the planner goes about it. Of what is read only the speed depends on it: rows are read as they lie, and \
         digests don't depend on their order",
        "cpu_index_tuple_cost cpu_operator_cost cpu_tuple_cost cursor_tuple_fraction debug_parallel_query \
         default_statistics_target effective_cache_size enable_async_append enable_bitmapscan \
         enable_distinct_reordering enable_gathermerge enable_group_by_reordering enable_hashagg enable_hashjoin \
         enable_incremental_sort enable_indexonlyscan enable_indexscan enable_material enable_memoize \
         enable_mergejoin enable_nestloop enable_parallel_append enable_parallel_hash enable_partition_pruning \
         enable_partitionwise_aggregate enable_partitionwise_join enable_presorted_aggregate \
         enable_self_join_elimination enable_seqscan enable_sort force_parallel_mode from_collapse_limit geqo \
         geqo_effort geqo_generations geqo_pool_size geqo_seed geqo_selection_bias geqo_threshold \
         join_collapse_limit parallel_leader_participation parallel_setup_cost parallel_tuple_cost plan_cache_mode \
         random_page_cost recursive_worktable_factor seq_page_cost",
    ),
    (
        "Compiling of expressions: it changes their speed",
        "jit jit_above_cost jit_debugging_support jit_dump_bitcode jit_expressions jit_inline_above_cost \
         jit_optimize_above_cost jit_profiling_support jit_tuple_deforming",
    ),
    (
        "Memory, disk and processors of one session. Too little of them is an error of the server, which ends the run",
        "backend_flush_after commit_delay commit_siblings deadlock_timeout effective_io_concurrency \
         file_copy_method file_extend_method gin_pending_list_limit hash_mem_multiplier io_combine_limit \
         logical_decoding_work_mem maintenance_io_concurrency maintenance_work_mem max_parallel_maintenance_workers \
         max_parallel_workers max_parallel_workers_per_gather max_stack_depth min_parallel_index_scan_size \
         min_parallel_table_scan_size temp_buffers temp_file_limit temp_tablespaces vacuum_buffer_usage_limit \
         work_mem",
    ),
    (
        "How vacuum works, which no run begins",
        "vacuum_cleanup_index_scale_factor vacuum_cost_delay vacuum_cost_limit vacuum_cost_page_dirty \
         vacuum_cost_page_hit vacuum_cost_page_miss vacuum_failsafe_age vacuum_freeze_min_age \
         vacuum_freeze_table_age vacuum_max_eager_freeze_failure_rate vacuum_multixact_failsafe_age \
         vacuum_multixact_freeze_min_age vacuum_multixact_freeze_table_age vacuum_truncate",
    ),
    (
        "How what is committed reaches the disk and the standbys. The last commit of a restore sets \
         `synchronous_commit` itself",
        "log_replication_commands synchronous_commit track_commit_timestamp wal_compression wal_consistency_checking \
         wal_init_zero wal_recycle wal_sender_timeout wal_skip_threshold",
    ),
    (
        "What the server logs and counts. Its log may hold statements, and is its administrator's",
        "backtrace_functions compute_query_id debug_pretty_print debug_print_parse debug_print_plan \
         debug_print_raw_parse debug_print_rewritten log_btree_build_stats log_connections log_disconnections \
         log_duration log_error_verbosity log_executor_stats log_lock_failures log_lock_waits \
         log_min_duration_sample log_min_duration_statement log_min_error_statement log_min_messages \
         log_parameter_max_length log_parameter_max_length_on_error log_parser_stats log_planner_stats \
         log_statement log_statement_sample_rate log_statement_stats log_temp_files log_transaction_sample_rate \
         stats_fetch_consistency trace_lock_oidmin trace_lock_table trace_locks trace_lwlocks trace_notify \
         trace_sort trace_syncscan trace_userlocks track_activities track_cost_delay_timing track_counts \
         track_functions track_io_timing track_wal_io_timing update_process_title",
    ),
    (
        "When a connection that broke is noticed",
        "client_connection_check_interval tcp_keepalives_count tcp_keepalives_idle tcp_keepalives_interval \
         tcp_user_timeout ssl_renegotiation_limit",
    ),
    (
        "Where and how new tables are stored, not what is in them. The archive's text says it for each of its own",
        "allow_in_place_tablespaces default_table_access_method default_tablespace default_toast_compression \
         default_with_oids",
    ),
    (
        "What functions print and take, not how values are written. Only what a restore computes anew, such as a \
         materialized view, can depend on it",
        "default_text_search_config icu_validation_level lc_messages lc_numeric lc_time \
         operator_precedence_warning timezone_abbreviations seed",
    ),
    (
        "Which libraries the server loads. It finds only those that its administrator has installed",
        "dynamic_library_path extension_control_path extension_destdir local_preload_libraries \
         session_preload_libraries",
    ),
    (
        "Whose rights count. Every session takes `role` back to `none`; what the rights don't reach is an error and ends \
         the run; row security is one, too",
        "createrole_self_grant lo_compat_privileges password_encryption md5_password_warnings role \
         scram_iterations session_authorization",
    ),
    (
        "Of the transaction under way, and of the session: ours say what they are",
        "application_name transaction_deferrable transaction_isolation transaction_read_only",
    ),
    (
        "For developers of the server, and for superusers, who can do what they like in any case. A restore sets \
         `session_replication_role` where it matters",
        "allow_system_table_mods debug_copy_parse_plan_trees debug_deadlocks debug_discard_caches \
         debug_logical_replication_streaming debug_raw_expression_coverage_test debug_write_read_parse_plan_trees \
         event_triggers ignore_system_indexes logical_replication_mode optimize_bounded_sort post_auth_delay \
         session_replication_role",
    ),
];

/// With another value than `off` they end the backup, unless it is a superuser's, who may set them.
pub(super) const ENDS: [&str; 2] = ["ignore_checksum_failure", "zero_damaged_pages"];
