/** Small seeded generator of 32-bit numbers (mulberry32): the same seed gives the same run everywhere. */
export function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = state + 0x6d2b79f5 >>> 0;
    let mixed = Math.imul(state ^ state >>> 15, state | 1);
    mixed ^= mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61);
    return ((mixed ^ mixed >>> 14) >>> 0) % below;
  };
}

/** Mutations of byte messages: bits flipped, bytes set, cut out, doubled, put in, or the end cut off. */
export function* mutate(
  originals: readonly Uint8Array[],
  { count, seed }: { readonly count: number; readonly seed: number },
): Generator<Uint8Array> {
  const random = seeded(seed);
  for (let made = 0; made < count; made++) {
    const bytes = [...originals[random(originals.length)]!];
    for (let changes = random(3) + 1; changes > 0; changes--) change(bytes, random);
    yield Uint8Array.from(bytes);
  }
}

function change(bytes: number[], random: (below: number) => number): void {
  const at = random(bytes.length + 1);
  switch (random(6)) {
    case 0:
      if (at < bytes.length) bytes[at]! ^= 1 << random(8);
      break;
    case 1:
      if (at < bytes.length) bytes[at] = random(256);
      break;
    case 2:
      bytes.splice(at, 1);
      break;
    case 3:
      bytes.splice(at, 0, ...bytes.slice(at, at + 1));
      break;
    case 4:
      bytes.splice(at, 0, random(256));
      break;
    default:
      bytes.length = at;
  }
}
