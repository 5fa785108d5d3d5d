/** Caches the result of `compute` for each object, for as long as that object lives. */
export function memoize<T extends object, R>(compute: (of: T) => R): (of: T) => R {
  const results = new WeakMap<T, R>();
  return (of) => {
    let result = results.get(of);
    if (result === undefined) {
      result = compute(of);
      results.set(of, result);
    }
    return result;
  };
}
