# Rows of tests/interop for the top Makefile.am.

INTEROP += \
	tests/interop/kannel.py \
	tests/interop/net_smpp.py \
	tests/interop/npm_client.py \
	tests/interop/tshark.py
SANITIZED += tests/interop/net_smpp.py

EXTRA_DIST += \
	tests/interop/README.md \
	tests/interop/client.js \
	tests/interop/kannel.py \
	tests/interop/net_smpp.pl \
	tests/interop/net_smpp_operations.pl \
	tests/interop/net_smpp.py \
	tests/interop/npm_client.py \
	tests/interop/operator.js \
	tests/interop/strangers.py \
	tests/interop/tshark.py
