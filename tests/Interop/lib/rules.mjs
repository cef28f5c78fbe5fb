// Named rules, and what each saw: a rule that fails does not stop the others.
export class Rules {
  results = [];

  async rule(name, body) {
    const saw = [];
    const began = Date.now();
    try {
      await body((label, value) => (saw.push([label, value]), value));
      this.#end({ name, passed: true, saw }, began);
    } catch (error) {
      this.#end({ name, passed: false, saw, error: error?.stack ?? String(error) }, began);
    }
  }

  #end(result, began) {
    this.results.push({ ...result, ms: Date.now() - began });
  }
}

export function expect(holds, otherwise) {
  if (!holds) throw new Error(typeof otherwise === 'function' ? otherwise() : otherwise);
}

export function expectEqual(actual, expected, what) {
  const [a, e] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== e) throw new Error(`${what}: ${a} instead of ${e}`);
}

/** What two clients saw of one rule, made comparable: ids, times, links and tokens are named by their order. */
export function comparable(saw) {
  const seen = new Map();
  const name = (kind, value) => {
    const key = `${kind}:${value}`;
    if (!seen.has(key)) seen.set(key, `<${kind} ${[...seen.keys()].filter(k => k.startsWith(`${kind}:`)).length + 1}>`);
    return seen.get(key);
  };
  const text = value => value
    .replace(/\b(ca|conn|exe|evt|env|skc|flow)_[0-9a-z]{20,}\b/g, (id, kind) => name(kind, id))
    .replace(/https?:\/\/(127\.0\.0\.1|localhost):\d+/g, '<origin>')
    .replace(/\/magicLink\/[\w-]+/g, '/magicLink/<link>')
    .replace(/\b\d{4}-\d\d-\d\dT[\d:.]+Z\b/g, '<time>')
    .replace(/\b\d{10,}\b/g, gid => name('gid', gid));
  const walk = (value, key) =>
    typeof value === 'string' ? (/_token$/.test(key) && value ? '<token>' : text(value))
    : Array.isArray(value) ? value.map(item => walk(item, key))
    : value && typeof value === 'object'
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, walk(v, k)]))
    : value;
  return saw.map(([label, value]) => [label, walk(value, '')]);
}
