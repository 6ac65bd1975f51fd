#!/bin/sh
# Takes the structures of Resolution 835 anew from the reference: legal/update.sh ../shared/reference/decree-835
# Each is kept as it was published, letter for letter; docs/decisions/0009 says why.
set -eu
reference=$1
here=$(dirname "$0")
for schema in "$reference"/*/*/schema.csv; do
    resource=$(basename "$(dirname "$schema")")
    appendix=$(basename "$(dirname "$(dirname "$schema")")")
    mkdir -p "$here/835/${appendix%%-*}"
    cp "$schema" "$here/835/${appendix%%-*}/$resource.csv"
done
