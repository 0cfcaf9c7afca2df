// The numbers that a reader types into cells and fields. No DOM here.

/** 3, −1.5, 0,25, 1/9 or ½: the number, or null if it is none or beyond ±`most`. */
export function typedNumber(text, most = Infinity) {
  const plain = text.trim().replace(/[−–]/g, "-").replaceAll(",", ".").replace(/^([+-]?)½$/, "$1.5");
  const parts = /^([+-]?)\s*(\d+\.?\d*|\.\d+)(?:\s*\/\s*(\d+\.?\d*|\.\d+))?$/.exec(plain);
  if (!parts) return null;
  const size = Number(parts[2]) / Number(parts[3] ?? 1);
  if (!Number.isFinite(size) || size > most) return null;
  return parts[1] === "-" && size > 0 ? -size : size;
}
