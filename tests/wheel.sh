#!/usr/bin/env bash
# Builds the sdist, and from it the wheel, installs that into an empty environment and takes docs/tour.md there, outside the checkout.
# The packages that it depends on are those of another environment, .venv unless another Python is named: torch alone is some 3 GB.
#   tests/wheel.sh [PYTHON]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python=${1:-$root/.venv/bin/python}
away=$(mktemp -d)
trap 'rm -rf "$away"' EXIT

"$python" -m build --outdir "$away/dist" "$root" >"$away/build.log" 2>&1 || { tail -n 30 "$away/build.log"; exit 1; }
ls -sh "$away/dist"
"$python" -m venv "$away/env"
"$away/env/bin/python" -m pip install --quiet --no-deps --disable-pip-version-check "$away"/dist/*.whl
"$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))' >"$(echo "$away"/env/lib/python3.*/site-packages)/zz-rest.pth"

mkdir -p "$away/docs" "$away/tests"
cp "$root/docs/tour.md" "$away/docs/"
cp "$root/tests/test_tour.py" "$away/tests/"
cd "$away/tests"
unset PYTHONPATH HYPEROPT_HOME HYPEROPT_EXPERIMENTS
"$away/env/bin/python" -c "import hyperopt, sys; print(hyperopt.__file__); sys.exit(not hyperopt.__file__.startswith('$away/env'))"
for name in hyperopt hyperopt-stacks; do "$away/env/bin/$name" --version; done
"$away/env/bin/python" -m pytest -q -p no:cacheprovider -W error test_tour.py
