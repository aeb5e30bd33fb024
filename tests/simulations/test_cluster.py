"""A campaign on a local Dask cluster of two workers gives the hashes that it gives here."""

import pytest

from billproof.model.design import REPAIRED
from billproof.simulations.campaign import Inline, Row, Task, history_hash, run_tasks
from billproof.simulations.scenarios.catalogue import NAMED

distributed = pytest.importorskip("distributed")


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_two_workers_give_the_same_hashes() -> None:
    tasks = [Task(scenario=NAMED["F-07"], seed=seed, design=REPAIRED, judge_every=50) for seed in range(2)]
    here: list[Row] = []
    run_tasks(tasks, executor=Inline(), workers=1, known=lambda _: None, done=here.append)
    there: list[Row] = []
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        executor = client.get_executor(pure=False)
        run_tasks(tasks, executor=executor, workers=2, known=lambda _: None, done=there.append)
    assert there == here
    assert history_hash(there) == history_hash(here)
