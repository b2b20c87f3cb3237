# Configurations, profiles of providers and the systemd unit.

unitdir = $(prefix)/lib/systemd/system
dist_unit_DATA = conf/sluice.service

# As examples: what is in /etc belongs to whoever runs it.
examplesdir = $(docdir)/examples
dist_examples_DATA = conf/sluice.conf conf/lab.conf conf/demo.conf
examplesprovidersdir = $(examplesdir)/providers
dist_examplesproviders_DATA = conf/providers/lab.conf

EXTRA_DIST += conf/README.md
