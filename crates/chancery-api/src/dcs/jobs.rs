//! `/v2/{project_id}/jobs`: work that was asked for.

use chancery_core::Error;
use serde_json::json;

use crate::operation::{Answer, Call};

/// Terraform asks here, after a switch of TLS, until the job has ended.
pub(super) async fn show(call: Call) -> Result<Answer, Error> {
    let (project_id, id) = (call.path("project_id"), call.path("job_id"));
    let job = call.desk.job(call.ctx()?, project_id, id).await?;
    Answer::ok(&json!({
        "job_id": job.id,
        "job_type": job.job_type,
        "status": job.status,
        "begin_time": job.begin_at.to_string(),
        "end_time": job.end_at.map(|at| at.to_string()),
        "fail_reason": null,
    }))
}
