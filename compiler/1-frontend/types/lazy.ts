/**
 * An object whose members are computed when first read. Most types of a program are looked at in one respect only,
 * and with the native checker each member may cost a round trip to another process.
 */
export function lazy<T extends object>(members: { readonly [K in keyof T]: () => T[K] }): T {
  const object = {} as T;
  for (const name of Object.keys(members) as (keyof T)[]) {
    Object.defineProperty(object, name, {
      configurable: true,
      enumerable: true,
      get() {
        const value = members[name]();
        Object.defineProperty(object, name, { value });
        return value;
      },
    });
  }
  return object;
}
