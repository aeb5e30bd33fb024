"""What a design carries: workload, queues, autoscaling, stores, latency, triggers, and where it breaks first.

Data flow: ``documented`` (figures of the claims) -> ``milestones`` or ``scenario_files`` -> ``scenario`` ->
``workload`` (requests per second over a month) -> ``fleet`` (fluid, every decision of the autoscaler) ->
``windows`` (exact for each request, where the load is highest) -> ``alerts``, ``bottlenecks``, ``findings``
-> ``report``. ``erlang`` says by formula what ``queueing`` measures.
"""
