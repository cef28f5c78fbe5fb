// One person's browser without a screen: cookies, forms, redirects followed one by one.
export class Person {
  #cookies = new Map();

  constructor(username, password = `${username}-practice`) {
    this.username = username;
    this.password = password;
  }

  /** Opens an authorization link, presses the button, signs in, consents, and stops where the application begins. */
  async authorize(link, { decision = 'allow', stopAt }) {
    let page = await this.open(link);
    page = await this.submit(page, 'continue');
    if (formOf(page.html, 'sign-in'))
      page = await this.submit(page, 'sign-in', { username: this.username, password: this.password });
    return this.submit(page, 'consent', { decision }, stopAt);
  }

  open(url, stopAt) {
    return this.#go(url, {}, stopAt);
  }

  submit(page, id, values = {}, stopAt) {
    const form = formOf(page.html, id);
    if (!form) throw new Error(`${page.url} has no form "${id}" (status ${page.status}): ${textOf(page.html)}`);
    return this.#go(
      new URL(form.action, page.url).href,
      { method: 'POST', body: new URLSearchParams({ ...form.fields, ...values }) },
      stopAt);
  }

  async #go(url, init, stopAt) {
    for (let hops = 0; hops < 20; hops++) {
      if (stopAt && url.startsWith(stopAt)) return { url, status: 302, html: '' };
      const { origin } = new URL(url);
      const response = await fetch(url, {
        ...init, redirect: 'manual', headers: { cookie: this.#cookieHeader(origin), origin } });
      for (const cookie of response.headers.getSetCookie()) this.#keep(origin, cookie);
      const location = response.headers.get('location');
      if (!location) return { url, status: response.status, html: await response.text() };
      await response.arrayBuffer();
      url = new URL(location, url).href;
      init = {};
    }
    throw new Error(`too many redirects at ${url}`);
  }

  #cookieHeader(origin) {
    return [...(this.#cookies.get(origin) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  #keep(origin, cookie) {
    const [pair] = cookie.split(';');
    const at = pair.indexOf('=');
    if (!this.#cookies.has(origin)) this.#cookies.set(origin, new Map());
    this.#cookies.get(origin).set(pair.slice(0, at).trim(), pair.slice(at + 1).trim());
  }
}

function formOf(html, id) {
  const whole = html.match(new RegExp(`<form[^>]*\\bid="${id}"[^>]*>[\\s\\S]*?</form>`))?.[0];
  if (!whole) return null;
  const fields = {};
  for (const [input] of whole.matchAll(/<input[^>]*>/g)) {
    const name = attribute(input, 'name');
    if (name && attribute(input, 'type') === 'hidden') fields[name] = attribute(input, 'value') ?? '';
  }
  return { action: attribute(whole.slice(0, whole.indexOf('>') + 1), 'action') ?? '', fields };
}

/** What an attribute of a tag says, with character references resolved. */
export function attribute(tag, name) {
  const found = tag.match(new RegExp(`\\b${name}="([^"]*)"`))?.[1];
  return found?.replace(/&#x([0-9a-f]+);/gi, (_, hex) => String.fromCodePoint(parseInt(hex, 16)))
    .replace(/&#(\d+);/g, (_, digits) => String.fromCodePoint(Number(digits)))
    .replace(/&quot;/g, '"').replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');
}

const textOf = html => html.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ').trim().slice(0, 300);
