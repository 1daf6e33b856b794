/** The types of child processes: pipes are there where the options say so. */
import {
  createSubprocessExec,
  createSubprocessShell,
  DEVNULL,
  getRunningLoop,
  PIPE,
  type ProcessOptions,
  STDOUT,
  type StreamReader,
  type StreamWriter,
  SubprocessProtocol,
  type SubprocessTransport,
} from 'aioloop'
import { exact } from './exact.ts'

export async function processes(options: ProcessOptions): Promise<void> {
  const plain = await createSubprocessExec('ls', '-l')
  exact<undefined>()(plain.stdin)
  exact<undefined>()(plain.stdout)

  const piped = await createSubprocessExec('ls', '-l', { stdin: PIPE, stdout: PIPE, stderr: STDOUT })
  exact<StreamWriter>()(piped.stdin)
  exact<StreamReader>()(piped.stdout)
  exact<undefined>()(piped.stderr)
  const output = await piped.communicate()
  exact<Buffer>()(output.stdout)
  exact<undefined>()(output.stderr)
  exact<number>()(await piped.wait())
  exact<number | undefined>()(piped.returncode)

  const shell = await createSubprocessShell('ls', { stdin: DEVNULL, stdout: PIPE })
  exact<undefined>()(shell.stdin)
  exact<StreamReader>()(shell.stdout)

  const unknown = await createSubprocessExec('ls', options)
  exact<StreamReader | undefined>()(unknown.stdout)

  const [transport, protocol] = await getRunningLoop().subprocessExec(() => new SubprocessProtocol(), 'ls', 'a', {})
  exact<SubprocessTransport>()(transport)
  exact<SubprocessProtocol>()(protocol)

  // @ts-expect-error: arguments are strings
  await createSubprocessExec('ls', 5)
  // @ts-expect-error: arguments are passed one by one
  await createSubprocessExec('ls', ['-l'])
  // @ts-expect-error: STDOUT is for stderr
  await createSubprocessExec('ls', { stdout: STDOUT })
  // @ts-expect-error: there is no text mode
  await createSubprocessShell('ls', { encoding: 'utf8' })
}
