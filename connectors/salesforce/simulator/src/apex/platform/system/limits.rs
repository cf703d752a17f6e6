//! `Limits`.

use super::super::define::Definition;
use crate::apex::run::{Limit, Thrown, heap_size};
use crate::apex::value::Value;
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

macro_rules! counted {
    ($($used:ident $most:ident $limit:expr;)*) => {
        $(
            fn $used(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
                Ok(number(tx.machine.limits.used($limit)))
            }
            fn $most(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
                Ok(number(tx.machine.limits.most($limit)))
            }
        )*
    };
}

counted! {
    queries most_queries Limit::Queries;
    query_rows most_query_rows Limit::QueryRows;
    locator_rows most_locator_rows Limit::QueryLocatorRows;
    searches most_searches Limit::Searches;
    statements most_statements Limit::DmlStatements;
    rows most_rows Limit::DmlRows;
    immediate most_immediate Limit::PublishImmediate;
    callouts most_callouts Limit::Callouts;
    futures most_futures Limit::FutureCalls;
    jobs most_jobs Limit::QueueableJobs;
    emails most_emails Limit::Emails;
    aggregates most_aggregates Limit::AggregateQueries;
}

fn number(value: u64) -> Value {
    Value::Integer(i32::try_from(value).unwrap_or(i32::MAX))
}

fn cpu(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(number(tx.machine.limits.cpu_ms()))
}

fn most_cpu(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(number(tx.machine.limits.most(Limit::Steps) / crate::apex::run::STEPS_PER_MS))
}

fn heap(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(number(heap_size(tx)))
}

fn most_heap(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(number(tx.machine.limits.most(Limit::Heap)))
}

/// What nothing here uses up: how much there is of it.
macro_rules! unused {
    ($definition:expr, $($name:literal $most:literal;)*) => {
        $definition
            $(
                .method(concat!("static Integer get", $name, "()"), |_, _, _| Ok(Value::Integer(0)))
                .method(concat!("static Integer getLimit", $name, "()"), |_, _, _| Ok(Value::Integer($most)))
            )*
    };
}

pub(super) fn definitions() -> Vec<Definition> {
    let limits = unused! {
        Definition::class("System.Limits"),
        "ApexCursorRows" 50_000_000;
        "ApexCursors" 10_000;
        "ApexPaginationCursorRows" 100_000;
        "ApexPaginationCursors" 200_000;
        "AsyncCalls" 200;
        "ChildRelationshipsDescribes" 100;
        "DatabaseTime" 60_000;
        "FetchCallsOnApexCursor" 10;
        "FieldSetsDescribes" 100;
        "FieldsDescribes" 100;
        "FindSimilarCalls" 10;
        "MobilePushApexCalls" 10;
        "PicklistDescribes" 100;
        "RecordTypesDescribes" 100;
        "RunAs" 20;
        "SavepointRollbacks" 150;
        "Savepoints" 150;
        "ScriptStatements" 200_000;
    };
    vec![
        limits
            .method("static Integer getAggregateQueries()", aggregates)
            .method("static Integer getLimitAggregateQueries()", most_aggregates)
            .method("static Integer getCallouts()", callouts)
            .method("static Integer getLimitCallouts()", most_callouts)
            .method("static Integer getCpuTime()", cpu)
            .method("static Integer getLimitCpuTime()", most_cpu)
            .method("static Integer getDmlRows()", rows)
            .method("static Integer getLimitDmlRows()", most_rows)
            .method("static Integer getDmlStatements()", statements)
            .method("static Integer getLimitDmlStatements()", most_statements)
            .method("static Integer getEmailInvocations()", emails)
            .method("static Integer getLimitEmailInvocations()", most_emails)
            .method("static Integer getFutureCalls()", futures)
            .method("static Integer getLimitFutureCalls()", most_futures)
            .method("static Integer getHeapSize()", heap)
            .method("static Integer getLimitHeapSize()", most_heap)
            .method("static Integer getPublishImmediateDml()", immediate)
            .method("static Integer getLimitPublishImmediateDml()", most_immediate)
            .method("static Integer getQueries()", queries)
            .method("static Integer getLimitQueries()", most_queries)
            .method("static Integer getQueryLocatorRows()", locator_rows)
            .method("static Integer getLimitQueryLocatorRows()", most_locator_rows)
            .method("static Integer getQueryRows()", query_rows)
            .method("static Integer getLimitQueryRows()", most_query_rows)
            .method("static Integer getQueueableJobs()", jobs)
            .method("static Integer getLimitQueueableJobs()", most_jobs)
            .method("static Integer getSoslQueries()", searches)
            .method("static Integer getLimitSoslQueries()", most_searches),
    ]
}
