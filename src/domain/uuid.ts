/** Ids in the form of a UUID, made from text: the same text has the same one everywhere and always. Names, never secrets. */

const FACTORS = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f] as const;

const turned = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));

/** Every bit of a number into all of its others. */
function spread(value: number): number {
  const half = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  const whole = Math.imul(half ^ (half >>> 12), 0x297a2d39);
  return (whole ^ (whole >>> 15)) >>> 0;
}

/** A UUID of version 8 (RFC 9562: made as its maker sees fit) from 122 bits of the text's hash. */
export function uuidOf(text: string): string {
  let [a, b, c, d]: [number, number, number, number] = [0x6a09e667 ^ text.length, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a];
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    // Each of the four takes in its neighbour, so that what two texts have alike in one they have not in the others.
    a = Math.imul(turned(a ^ unit, 13) + d, FACTORS[0]);
    b = Math.imul(turned(b + unit, 17) ^ a, FACTORS[1]);
    c = Math.imul(turned(c ^ (unit + at), 11) + b, FACTORS[2]);
    d = Math.imul(turned(d + (unit ^ at), 19) ^ c, FACTORS[3]);
  }
  const hex = [spread(a + d), spread(b ^ a), spread(c + b), spread(d ^ c)].map((part) => part.toString(16).padStart(8, "0")).join("");
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}
