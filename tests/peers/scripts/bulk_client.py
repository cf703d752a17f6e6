"""salesforce-bulk: Bulk API 1 in each of its ways of writing, over TLS."""

import json
import os

from salesforce_bulk import CsvDictsAdapter, SalesforceBulk
from salesforce_bulk.salesforce_bulk import BulkApiError, BulkBatchFailed

ORG = json.loads(os.environ["ORG"])
seen = {}
bulk = SalesforceBulk(sessionId=ORG["access_token"], host=ORG["base_url"].split("//")[1])


def refusal(call):
    try:
        return {"value": repr(call())}
    except (BulkApiError, BulkBatchFailed) as error:
        return {"kind": type(error).__name__, "message": str(error)}


job = bulk.create_insert_job("Account", contentType="CSV", concurrency="Parallel")
rows = [{"Name": f"Bulk {n}"} for n in range(7)] + [{"Name": ""}]
batch = bulk.post_batch(job, CsvDictsAdapter(iter(rows)))
bulk.wait_for_batch(job, batch, sleep_interval=0.1)
results = bulk.get_batch_results(batch)
seen["insert"] = [row.success for row in results]
seen["error"] = results[7].error
bulk.close_job(job)
status = bulk.job_status(job)
seen["job"] = [status["state"], status["numberRecordsProcessed"], status["numberRecordsFailed"]]
seen["batches"] = [one["state"] for one in bulk.get_batch_list(job)]
for kind in ("CSV", "JSON", "XML"):
    job = bulk.create_query_job("Account", contentType=kind)
    batch = bulk.query(job, "SELECT Id, Name FROM Account WHERE Name LIKE 'Bulk %'")
    bulk.close_job(job)
    bulk.wait_for_batch(job, batch, sleep_interval=0.1)
    seen[kind] = b"".join(page.read() for page in bulk.get_all_results_for_query_batch(batch)).count(b"Bulk ")
job = bulk.create_query_job("Account", contentType="CSV")
bulk.abort_job(job)
seen["aborted"] = bulk.job_state(job)
seen["object"] = refusal(lambda: bulk.create_insert_job("Nope"))
job = bulk.create_query_job("Account", contentType="CSV")
batch = bulk.query(job, "SELECT Nope FROM Account")
seen["column"] = refusal(lambda: bulk.wait_for_batch(job, batch, sleep_interval=0.1))
print(json.dumps(seen))
