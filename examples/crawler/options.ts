// The command line, read into one typed value.
//
// commander prints help and complaints and ends the process for both; what comes back from here is complete and within bounds.

import { join } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'

export interface Options {
  /** A web address or a folder; without it, the sample site is crawled. */
  readonly target: string | undefined
  readonly loop: 'native' | 'portable' | undefined
  readonly concurrency: number
  /** Milliseconds for one request. */
  readonly timeout: number
  readonly maxPages: number
  readonly out: string
  readonly save: boolean
}

export function readOptions(argv: readonly string[]): Options {
  const command = new Command('crawler')
    .description(
      'Crawls a site, checks its links, and writes a report. Without a target: API documentation, generated once.',
    )
    .argument('[target]', 'a web address, or a folder of HTML to be served on loopback')
    .addOption(new Option('--loop <name>', 'the loop to run on').choices(['native', 'portable']))
    .option('--concurrency <n>', 'requests at a time', positiveInteger, 16)
    .option('--timeout <ms>', 'limit for one request, its body included', positiveInteger, 10_000)
    .option('--max-pages <n>', 'visit no more addresses than this', positiveInteger, 5000)
    .option('--out <folder>', 'where pages and report go', join('.cache', 'crawl'))
    .option('--no-save', 'write the report only')
    .parse(argv)
  return { ...command.opts<Omit<Options, 'target' | 'loop'>>(), loop: command.opts().loop, target: command.args[0] }
}

function positiveInteger(text: string): number {
  const value = Number(text)
  // Longer timers than this do not exist in Node.
  if (!/^\d+$/.test(text) || value < 1 || value > 2 ** 31 - 1)
    throw new InvalidArgumentError('expected a whole number above 0.')
  return value
}
