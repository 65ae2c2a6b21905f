// The official JavaScript client, unchanged, against a portal on loopback.
//
// Its input, its requests and its output are described in ../python/run.py. `NODE_EXTRA_CA_CERTS` names the portal's
// certificate; the authorisation server is the one that ONAPPINSTALL names.

import { createInterface } from 'node:readline'
import { B24OAuth } from '@bitrix24/b24jssdk'

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const line = async () => (await lines.next()).value

const ask = async (what) => {
  console.log(`?${what}`)
  return line()
}

const check = (step, passed, why) => {
  if (!passed) throw new Error(`${step}: ${JSON.stringify(why)}`)
  console.log(`ok ${step}`)
}

const installed = (input) => {
  const event = new URLSearchParams(input.install)
  const auth = (name) => event.get(`auth[${name}]`)
  check('install', event.get('event') === 'ONAPPINSTALL' && auth('application_token'), input.install)
  return new B24OAuth(
    {
      applicationToken: auth('application_token'), userId: Number(auth('user_id')), memberId: auth('member_id'),
      accessToken: auth('access_token'), refreshToken: auth('refresh_token'),
      expires: Number(auth('expires')), expiresIn: Number(auth('expires_in')),
      scope: auth('scope'), domain: auth('domain'), status: auth('status'),
      clientEndpoint: auth('client_endpoint'), serverEndpoint: auth('server_endpoint')
    },
    { clientId: input.client_id, clientSecret: input.client_secret }
  )
}

const input = JSON.parse(await line())
const b24 = installed(input)
const { code, handler } = input

const call = async (method, params = {}) => {
  const response = await b24.actions.v2.call.make({ method, params })
  if (!response.isSuccess) throw new Error(`${method}: ${response.getErrorMessages().join('; ')}`)
  return response.getData().result
}
const succeeds = async (method, params) => {
  const result = await call(method, params)
  check(method, result === true, result)
}

const info = await call('app.info')
check('app.info', info.INSTALLED === true, info)

await succeeds('bizproc.robot.add', {
  CODE: code, HANDLER: handler, NAME: { en: 'Answer', ru: 'Ответ' }, USE_SUBSCRIPTION: 'Y', AUTH_USER_ID: 1,
  PROPERTIES: { text: { Name: { en: 'Text' }, Type: 'string', Required: 'N' } },
  RETURN_PROPERTIES: { answer: { Name: { en: 'Answer' }, Type: 'string' } }
})
const codes = await call('bizproc.robot.list')
check('bizproc.robot.list', codes.includes(code), codes)
await succeeds('bizproc.robot.update', { CODE: code, FIELDS: { NAME: { en: 'Answer again' } } })

const reference = `$result[codes][${codes.indexOf(code)}]`
const batch = await b24.actions.v2.batch.make({
  calls: {
    codes: { method: 'bizproc.robot.list', params: {} },
    again: { method: 'bizproc.robot.update', params: { CODE: reference, FIELDS: { NAME: { en: 'By reference' } } } }
  },
  options: { isHaltOnError: true }
})
check('batch', batch.isSuccess && batch.getData().again === true, batch.getErrorMessages())

const before = b24.auth.getAuthData()
let renewed
b24.setCallbackRefreshAuth(async ({ authData }) => { renewed = authData })
await ask('clock')
const again = await call('bizproc.robot.list')
check('refresh', again.includes(code) && renewed && renewed.refresh_token !== before.refresh_token, again)

const form = new URLSearchParams(await ask('call'))
check('call', form.get('code') === code, form.get('code'))
await succeeds('bizproc.event.send', {
  EVENT_TOKEN: form.get('event_token'), RETURN_VALUES: { answer: '42' }, LOG_MESSAGE: 'thought'
})
await succeeds('bizproc.robot.delete', { CODE: code })
process.exit(0)
