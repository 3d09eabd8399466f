#!/usr/bin/env bash
# validate.sh kubernetes|workflows: looks at etc/kubernetes or at .github/workflows.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$("$here/install.sh")
exec node "$folder/$1.mjs" "$(cd "$here/../.." && pwd)"
