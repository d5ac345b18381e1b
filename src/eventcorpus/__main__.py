"""``python -m eventcorpus``, which launchers such as torchrun want: the command line."""

from eventcorpus.cli.main import main

main(prog_name="eventcorpus")
