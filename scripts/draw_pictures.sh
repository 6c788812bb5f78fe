#!/usr/bin/env bash
# Draws pages of the final report as the pictures of docs/report.md, through LibreOffice,
# and pages of the dashboard as those of the README, through Chromium.
#   scripts/draw_pictures.sh [folder]     (default docs/images)
set -euo pipefail

project=$(cd "$(dirname "$0")/.." && pwd)
target=${1:-$project/docs/images}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$target"

"$project/.venv/bin/instacart" report --out "$work/report.xlsx" > /dev/null
soffice --headless --convert-to pdf --outdir "$work" "$work/report.xlsx" > /dev/null 2>&1
pages=$(pdftotext "$work/report.pdf" - | tr -cd '\f' | wc -c)
# Of each sheet the first page; of the charts the first with a finding, after their list.
for sheet in "2. Population flow" "6. Visualizations" "7. Recommendations"; do
    name=$(tr 'A-Z ' 'a-z_' <<< "${sheet#*. }")
    picture=
    holds=.
    if test "$name" = visualizations; then holds="So what: "; fi
    for page in $(seq 1 "$pages"); do
        # The footer of a page names its sheet.
        text=$(pdftotext -layout -f "$page" -l "$page" "$work/report.pdf" -)
        if grep -qE "^ *$sheet +Page [0-9]+ of" <<< "$text" \
            && grep -q "$holds" <<< "$text"; then
            pdftoppm -r 90 -f "$page" -l "$page" -singlefile -png \
                "$work/report.pdf" "$target/$name"
            picture=$target/$name.png
            break
        fi
    done
    test "$picture" || { echo "draw_pictures.sh: no page of $sheet." >&2; exit 1; }
    echo "$picture"
done

"$project/.venv/bin/instacart" dashboard --out "$work/dashboard.html" > /dev/null
for page in overview customers; do
    picture=$target/dashboard_$page.png
    # As root it has no sandbox; without its own services it asks nobody.
    chromium --headless --no-sandbox --disable-gpu --disable-background-networking \
        --disable-component-update --disable-sync --no-first-run --hide-scrollbars \
        --user-data-dir="$work/browser" --window-size=1280,1000 --virtual-time-budget=10000 \
        --screenshot="$picture" "file://$work/dashboard.html#$page" 2> /dev/null
    echo "$picture"
done
