const rates: Record<string, number> = { berlin: 0.19, paris: 0.2 };
export function vatOf(city: string) {
  return rates[city] ?? 0;
}
