"""Known-bad variants of what lies outside the stores: archive, restores, heads, auditors, readers, documents.

Source: the ids beginning with B are rows of ``known-bugs.md``, real incidents of billing projects; the
``Tn-Sk`` are schedules of ``claims.md`` part 3.
"""

from billproof.invariants.variants.making import edit, edited, turned

RESTORES = (
    turned(
        "restore_replaces_the_log",
        "T2.acknowledged_is_committed",
        "a restore puts the backup in the place of the log",
        "T2-S7, B13",
        restore="replace",
    ),
    turned(
        "restore_resurrects",
        "T3.honest_presentation_is_accepted",
        "a restore brings back a log that the published head contradicts",
        "T3-S7, B112",
        restore="replace",
    ),
)
"""Variants that restore."""

ARCHIVES_AND_HEADS = (
    turned(
        "admin_overwrites_the_archive",
        "T3.archive_keeps_what_was_committed",
        "an administrator overwrites an archived receipt",
        "T3-S6, T2-S8",
        archive_lock="admin_mutable",
    ),
    edited(
        "archives_before_it_is_durable",
        "T3.archive_keeps_what_was_committed",
        "a receipt is archived before its entry is durable, and outlives it",
        "B37, B102",
        edit("custody.archive", "not is_durable(site, position, context)", "False"),
    ),
    turned(
        "service_signs_any_head",
        "T3.checkpoint_names_every_chain",
        "whoever runs as the service signs a map that leaves a customer out",
        "T3-S1, T3-S2, B108",
        signer_scope="service_identity",
    ),
    edited(
        "witness_checks_nothing",
        "T3.checkpoint_names_every_chain",
        "the witness does not hold the map against the log",
        "B103",
        edit("custody.is_the_fold", "return heads.contains(customer) and", "return True or"),
    ),
    turned(
        "balances_are_the_audit",
        "T3.what_the_auditor_passes_is_the_log",
        "the job that looks for corruption replays balances only",
        "T3-S8, XA-28, B103",
        head_audit="hourly_balance_only",
    ),
    edited(
        "auditor_ignores_the_tail",
        "T3.what_the_auditor_passes_is_the_log",
        "a chain that ends before its head passes the audit",
        "T3-S2, B105",
        edit("verification.check_end", "head.sequence < witnessed.sequence", "head.sequence + 1 < 0"),
    ),
    edited(
        "honest_tail_is_too_long",
        "T3.honest_presentation_is_accepted",
        "a chain that has gone on since the head was published is rejected",
        "T4-S4",
        edit(
            "verification.check_end",
            "head.sequence < witnessed.sequence",
            "head.sequence > witnessed.sequence",
        ),
    ),
)
"""Variants of archive, heads and audit."""

DOCUMENTS_AND_READERS = (
    turned(
        "compared_by_the_wall_clock",
        "T4.alarms_are_true",
        "two stores are compared as they are at this moment",
        "T4-S4, B43",
        reconcile_cut="wall_clock",
    ),
    edited(
        "alarms_at_everything",
        "T4.alarms_are_true",
        "reconciliation raises an alarm whatever it finds",
        "B49",
        edit("reconciliation.compare_document", "shown_balance(state.exhibits, customer) == owed", "False"),
    ),
    edited(
        "alarm_without_repair",
        "T4.divergence_is_reported_and_repaired",
        "a document that differs is reported and left as it is",
        "B118",
        edit("reconciliation.compare_document", "documents.put(customer, owed)", "documents"),
    ),
    edited(
        "silent_repair",
        "T4.divergence_is_reported_and_repaired",
        "a document that differs is mended and nobody hears of it",
        "B49, B79",
        edit(
            "reconciliation.compare_document",
            "alarms=state.exhibits.alarms.put(customer, state.exhibits.projected)",
            "alarms=state.exhibits.alarms",
        ),
    ),
    turned(
        "unlabelled_reads",
        "T4.no_read_is_old_and_unlabelled",
        "a replica answers without saying how old the answer is",
        "T4-S6, B69",
        replica_reads="unlabelled",
    ),
    edited(
        "label_only_where_it_is_fresh",
        "T4.no_read_is_old_and_unlabelled",
        "an answer is labelled by regions that lead only",
        "B49",
        edit(
            "reconciliation.read_balance",
            "is_labelled=is_labelled,",
            "is_labelled=is_labelled and site.leading,",
        ),
    ),
    edited(
        "label_of_the_leader",
        "T4.labelled_reads_are_of_the_log",
        "a replica labels its answer with the leader's index",
        "B43, B47",
        edit(
            "reconciliation.read_balance",
            "index=site.ledger.length",
            "index=site_of(state, state.leader).ledger.length",
        ),
    ),
    edited(
        "answers_after_it_has_left",
        "T4.labelled_reads_are_of_the_log",
        "a region that has left the quorum goes on answering",
        "T4-S2, B97",
        edit("reconciliation.read_balance", "is_labelled and site.epoch < state.epoch", "False"),
    ),
    edited(
        "documents_run_ahead",
        "T4.documents_are_of_what_is_durable",
        "an entry is in the documents before the quorum has it, and a failover takes it from the log alone",
        "T4-S4, B37",
        edit(
            "reconciliation.project",
            "position >= site.ledger.length or not is_durable(site, position, context)",
            "position >= site.ledger.length",
        ),
    ),
    edited(
        "documents_of_what_is_sent",
        "T4.documents_are_of_what_is_durable",
        "an entry counts as confirmed when it is sent, and documents are made of it",
        "T4-S4, B110",
        edit("replication.confirm", "confirmed=receiver.ledger.length", "confirmed=sender.ledger.length"),
    ),
    edited(
        "replica_is_full",
        "T4.backlog_clears_in_time",
        "a replica takes its first entries and no more",
        "T4-S5, B71",
        edit(
            "replication.replicate",
            "receiver.ledger.length >= sender.ledger.length",
            "receiver.ledger.length >= 2 or receiver.ledger.length >= sender.ledger.length",
        ),
    ),
    edited(
        "ships_and_waits",
        "T4.backlog_clears_in_time",
        "the next entry is shipped only when the last one is confirmed: as slow as the arrivals",
        "T4-S5",
        edit(
            "replication.replicate",
            "receiver.ledger.length >= sender.ledger.length",
            "receiver.ledger.length != sender.confirmed or receiver.ledger.length >= sender.ledger.length",
        ),
    ),
)
"""Variants of documents and readers."""
