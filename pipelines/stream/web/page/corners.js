// Corners as they are typed and read: two numbers each, in % from the left and from the top.

const HUNDREDTHS = 1e4; // of a percent, in a share

export const rounded = (share) =>
  Math.round(HUNDREDTHS * Math.min(1, Math.max(0, share))) / HUNDREDTHS;

const percent = (share) => String(Math.round(HUNDREDTHS * share) / 100);

// points: [x, y] each, in shares of the frame.
export const written = (points) => points.map((point) => point.map(percent).join(" ")).join(", ");

// The points of a text; null where it is none, or half of one.
export function read(words) {
  const numbers = words
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map(Number);
  if (numbers.length % 2 || !numbers.every((number) => number >= 0 && number <= 100)) return null;
  return Array.from({ length: numbers.length / 2 }, (_, at) => [
    rounded(numbers[2 * at] / 100),
    rounded(numbers[2 * at + 1] / 100),
  ]);
}
