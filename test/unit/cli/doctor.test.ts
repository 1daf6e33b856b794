/** How a diagnosis is laid out, whatever it says. */
import { describe, expect, it } from 'vitest'
import { type Diagnosis, diagnosisText } from '../../../src/cli/doctor.ts'
import { twoColumns } from '../../../src/cli/two-columns.ts'
import { COMMANDS, refusal, USAGE } from '../../../src/cli/usage.ts'

const found: Diagnosis = {
  loop: 'portable',
  binary: undefined,
  reason: 'there is no binary',
  chosenBy: 'default',
  capabilities: undefined,
  versions: { aioloop: '1.2.3', node: '24.0.0', uv: undefined, napi: undefined },
  platform: 'linux x64',
}

describe('the table of aioloop doctor', () => {
  it('puts all values under each other', () => {
    expect(twoColumns([])).toBe('')
    expect(
      twoColumns([
        ['a', '1'],
        ['longer', '2'],
      ]),
    ).toBe('a       1\nlonger  2\n')
  })

  it('says in words what there is not', () => {
    const lines = diagnosisText(found).split('\n')
    expect(lines).toContainEqual(expect.stringMatching(/^binary\s+none is loaded$/))
    expect(lines).toContainEqual(expect.stringMatching(/^version uv\s+not said by this runtime$/))
  })
})

describe('the refusal of a command', () => {
  it('quotes it and names what there is', () => {
    expect(refusal('frob"')).toContain(JSON.stringify('frob"'))
    for (const command of COMMANDS) {
      expect(refusal(undefined)).toContain(command)
      expect(USAGE).toMatch(new RegExp(`^  ${command} `, 'm'))
    }
  })
})
