import { Person } from '../lib/person.mjs';
import { expect, expectEqual } from '../lib/rules.mjs';
import { verifyUrl } from '../lib/stage.mjs';

const connectionName = 'asana';

export default async function connecting({ rule }, stage) {
  const { call } = stage;
  const link = (identifier, more) => call('link', { connectionName, identifier, userVerifyUrl: verifyUrl, state: 'st', ...more });
  const status = async identifier => (await call('getAccount', { connectionName, identifier })).connected_account.status;
  const requestIdOf = page => new URL(page.url).searchParams.get('auth_request_id');

  await rule('Link_IsThisServers_AndEnds', async see => {
    const answer = see('link', await link('alice'));
    expect(answer.link.startsWith(`${stage.world.url}/`), `link ${answer.link}`);
    const minutes = (Date.parse(answer.expiry) - Date.now()) / 60_000;
    expect(minutes > 0 && minutes <= 11, `ends in ${minutes} minutes`);
  });

  await rule('Link_IsGoodOnce', async () => {
    const { link: url } = await link('alice');
    const person = new Person('alice');
    await person.submit(await person.open(url), 'continue');
    const again = await person.open(url);
    expect(!/id="continue"/.test(again.html), 'the used link has its button still');
  });

  await rule('Link_WithABadVerifyUrl_IsRefused', async see => {
    const bad = await stage.refused(link('alice', { userVerifyUrl: 'ftp://app.acme.com' }), 'INVALID_ARGUMENT', see);
    expectEqual(bad.fact.violations, ['user_verify_url: pattern'], 'violations');
    await stage.refused(link('alice', { state: 'x'.repeat(513) }), 'INVALID_ARGUMENT', see);
    await stage.refused(link('alice', { connectionName: 'nowhere' }), 'NOT_FOUND', see);
  });

  await rule('Consent_LeadsToVerification_AndThenToActive', async see => {
    const { link: url } = await link('alice');
    const end = await new Person('alice').authorize(url, { stopAt: verifyUrl });
    expectEqual(new URL(end.url).searchParams.get('state'), 'st', 'state');
    expectEqual(await status('alice'), 'PENDING_VERIFICATION', 'after the consent');
    const authRequestId = requestIdOf(end);
    const done = see('verified', await call('verify', { authRequestId, identifier: 'alice' }));
    expect(done.post_user_verify_redirect_url.startsWith('http'), 'no place to go on to');
    expectEqual(await status('alice'), 'ACTIVE', 'after the verification');
    await stage.refused(call('verify', { authRequestId, identifier: 'alice' }), 'NOT_FOUND', see);
    see('account', await call('getAccount', { connectionName, identifier: 'alice' }));
  });

  await rule('Verification_AsSomebodyElse_IsForbidden_AndStoresNothing', async see => {
    const { link: url } = await link('carol');
    const authRequestId = requestIdOf(await new Person('bob').authorize(url, { stopAt: verifyUrl }));
    await stage.refused(call('verify', { authRequestId, identifier: 'bob' }), 'PERMISSION_DENIED', see);
    await stage.refused(call('verify', { authRequestId, identifier: 'bob' }), 'PERMISSION_DENIED', see);
    expectEqual(await status('carol'), 'PENDING_AUTH', 'after the mismatch');
  });

  await rule('UnknownRequestId_IsNotFound', async see => {
    await stage.refused(call('verify', { authRequestId: 'A'.repeat(43), identifier: 'alice' }), 'NOT_FOUND', see);
    if (stage.kind === 'rest') {
      await stage.refused(call('verify', { authRequestId: '', identifier: 'alice' }), 'INVALID_ARGUMENT');
      await stage.refused(call('verify', { authRequestId: 'A', identifier: '' }), 'INVALID_ARGUMENT');
    }
  });

  await rule('RefusedConsent_LeavesTheAccountPending', async () => {
    const { link: url } = await link('erin');
    await new Person('erin').authorize(url, { decision: 'deny', stopAt: verifyUrl });
    expectEqual(await status('erin'), 'PENDING_AUTH', 'after the refusal');
  });

  await rule('NewLink_KeepsAnActiveAccountActive', async () => {
    await link('alice');
    expectEqual(await status('alice'), 'ACTIVE', 'with a new link');
  });
}
