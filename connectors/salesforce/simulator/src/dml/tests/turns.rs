use std::rc::Rc;
use std::thread;

use serde_json::json;

use super::support::*;
use crate::dml::Operation;
use crate::transaction::Job;

#[test]
fn transactions_of_many_threads_come_one_after_the_other() {
    let org = org();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..25 {
                    let mut tx = begin(&org);
                    let row = [("Account", None, json!({"Name": "one", "Key__c": "k"}))];
                    let results = apply(&mut tx, Operation::Upsert(Some("Key__c".into())), SYSTEM, &row);
                    assert_eq!(statuses(&results), [""]);
                    tx.commit();
                }
            });
        }
    });
    assert_eq!(org.read().records.count("Account"), 1);
}

fn job(user: crate::org::Id, left: usize) -> Job {
    Job {
        user,
        run: Rc::new(move |tx| {
            insert(tx, "Account", json!({"Name": format!("job {left}")}));
            if left > 0 {
                tx.enqueue(job(user, left - 1));
            }
            Ok(())
        }),
    }
}

#[test]
fn jobs_run_after_the_commit_and_set_off_others() {
    let org = org();
    let mut tx = begin(&org);
    tx.enqueue(job(org.admin, 2));
    drop(tx);
    assert_eq!(org.read().records.count("Account"), 0);
    let mut tx = begin(&org);
    tx.enqueue(job(org.admin, 2));
    let savepoint = tx.savepoint();
    tx.enqueue(job(org.admin, 0));
    tx.rollback_to(savepoint);
    tx.commit();
    assert_eq!(org.read().records.count("Account"), 3);
}

#[test]
fn a_job_that_sets_itself_off_again_ends_somewhere() {
    let org = org();
    let mut tx = begin(&org);
    tx.enqueue(job(org.admin, usize::MAX));
    tx.commit();
    assert!(org.read().records.count("Account") < 1_000);
}
