/** The curve of quality over the share of strong calls, as a picture that stands alone. */
import type { RoutingResult } from '@forebay/shared/learning/evaluate-routing';

const size = { width: 640, height: 440, left: 70, right: 20, top: 40, bottom: 60 } as const;
const innerWidth = size.width - size.left - size.right;
const innerHeight = size.height - size.top - size.bottom;

/** @returns SVG. */
export function plotCurve(result: RoutingResult): string {
  const { curve, strong, weak } = result;
  const points = curve?.points ?? [];
  const qualities = points.map(({ quality }) => quality);
  const low = Math.min(...qualities, 1);
  const high = Math.max(...qualities, low + 1e-6);
  const x = (share: number): number => size.left + share * innerWidth;
  const y = (quality: number): number =>
    size.top + innerHeight * (1 - (quality - low) / (high - low));
  const path = points.map(({ share, quality }) => `${x(share)},${y(quality).toFixed(1)}`).join(' ');
  const first = points.at(0)?.quality ?? low;
  const last = points.at(-1)?.quality ?? high;
  const title = curve === undefined ? 'no gap to recover' : `APGR ${curve.apgr.toFixed(3)}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" \
font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="white"/>
<text x="${size.left}" y="24" font-size="15">${escapeXml(`${weak} → ${strong}: ${title}`)}</text>
${shareTicks(x)}
${qualityTicks({ low, high }, y)}
<line x1="${x(0)}" y1="${y(first)}" x2="${x(1)}" y2="${y(last)}" stroke="#999" \
stroke-dasharray="5 4"/>
<polyline points="${path}" fill="none" stroke="#1a6" stroke-width="2.5"/>
<text x="${size.left + innerWidth / 2}" y="${size.height - 16}" text-anchor="middle">\
share of calls to the strong model (dashed: random order)</text>
</svg>
`;
}

function shareTicks(x: (share: number) => number): string {
  return [0, 0.2, 0.4, 0.6, 0.8, 1]
    .map(
      (share) =>
        `<line x1="${x(share)}" y1="${size.top}" x2="${x(share)}" \
y2="${size.top + innerHeight}" stroke="#eee"/><text x="${x(share)}" \
y="${size.top + innerHeight + 18}" text-anchor="middle">${Math.round(100 * share)} %</text>`,
    )
    .join('\n');
}

function qualityTicks(
  { low, high }: { readonly low: number; readonly high: number },
  y: (quality: number) => number,
): string {
  return [0, 0.25, 0.5, 0.75, 1]
    .map((part) => low + part * (high - low))
    .map(
      (quality) =>
        `<line x1="${size.left}" y1="${y(quality).toFixed(1)}" x2="${size.width - size.right}" \
y2="${y(quality).toFixed(1)}" stroke="#eee"/><text x="${size.left - 8}" \
y="${(y(quality) + 4).toFixed(1)}" text-anchor="end">${quality.toFixed(3)}</text>`,
    )
    .join('\n');
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
