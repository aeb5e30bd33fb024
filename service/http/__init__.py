"""The HTTP service: the API of ``system.md`` section 9 on the embedded store; needs the extra ``service``."""
