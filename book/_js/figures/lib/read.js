// Reading a figure's data. What does not fit is an Error that names the field, the rule and what came. No DOM here.

export function fail(field, rule, value) {
  const shown = typeof value === "string" ? JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value) : JSON.stringify(value);
  throw new Error(`${field} must be ${rule}, got ${shown === undefined ? "nothing" : shown.slice(0, 80)}`);
}

export function readInteger(value, field, least = 1) {
  if (!Number.isInteger(value) || value < least) fail(field, `a whole number of at least ${least}`, value);
  return value;
}

export function readNumber(value, field) {
  if (typeof value !== "number" || !Number.isFinite(value)) fail(field, "a finite number", value);
  return value;
}

export function readIndex(value, field, count) {
  if (!Number.isInteger(value) || value < 0 || value >= count) fail(field, `a whole number from 0 to ${count - 1}`, value);
  return value;
}

export function readList(value, field) {
  if (!Array.isArray(value) || value.length === 0) fail(field, "a list with at least one entry", value);
  return value;
}

/** Bytes from base64; `shape` is what they must fill. */
export function readBytes(value, field, shape) {
  const count = shape.reduce((a, b) => a * b, 1);
  const bytes = decode(value, field);
  if (bytes.length !== count) fail(field, `${shape.join(" × ")} = ${count} bytes in base64`, `${bytes.length} bytes`);
  return bytes;
}

/** Numbers from nested lists or from {shape, float32: base64}: {shape, values}. */
export function readArray(value, field) {
  if (value && typeof value === "object" && "float32" in value) {
    const shape = readList(value.shape, `${field}.shape`).map((n) => readInteger(n, `${field}.shape`));
    const bytes = readBytes(value.float32, `${field}.float32`, [...shape, 4]);
    return { shape, values: Float64Array.from(new Float32Array(bytes.buffer)) };
  }
  const shape = [];
  for (let level = value; Array.isArray(level); level = level[0]) shape.push(level.length);
  if (!shape.length || shape.includes(0)) fail(field, "nested lists of numbers or {shape, float32}", value);
  const values = [];
  const walk = (part, depth) => {
    if (depth === shape.length) return values.push(readNumber(part, field));
    if (!Array.isArray(part) || part.length !== shape[depth]) fail(field, `nested lists of equal length (${shape.join(" × ")})`, part);
    for (const inner of part) walk(inner, depth + 1);
  };
  walk(value, 0);
  return { shape, values: Float64Array.from(values) };
}

function decode(value, field) {
  if (typeof value !== "string") fail(field, "a base64 string", value);
  let text;
  try {
    text = atob(value);
  } catch {
    fail(field, "a base64 string", value);
  }
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}
