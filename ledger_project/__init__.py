"""The project: settings, addresses, probes, logs, traces, and the programs that serve, test and measure the service.

`webserver` adapts gunicorn, `development` serves and tests the project on one machine, `benchmarks` measures it. The
project imports the apps and the core; nothing imports the project.
"""
