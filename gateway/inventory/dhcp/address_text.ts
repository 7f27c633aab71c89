/** An IPv4 number as people write it. */
export function addressText(address: number): string {
  return [24, 16, 8, 0].map((shift) => address >>> shift & 0xff).join(".");
}
