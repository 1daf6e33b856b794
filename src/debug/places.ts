/**
 * Where functions are written and where suspended generators stand. Only the engine's inspector knows; it is asked from
 * within the process, through a session of our own that lives for one question, and only when somebody looks at stacks.
 * Where there is no inspector (other runtimes, a permission model that forbids it) the answer is that nothing is known.
 *
 * The engine names scripts by number; the list of them is read again only when a number is new, which costs some
 * milliseconds the first time. Places are those of the code that runs: a compiled program's own, not its sources'.
 */

export interface Place {
  readonly functionName: string
  readonly file: string | undefined
  readonly line: number
  readonly column: number
}

interface Session {
  connect(): void
  disconnect(): void
  on(event: string, listener: (message: { params: { scriptId: string; url: string } }) => void): void
  post(method: string, params: object, callback: (error: unknown, result: never) => void): void
  post(method: string): void
}

interface RemoteObject {
  readonly value?: unknown
  readonly objectId?: string
}

interface Property {
  readonly name: string
  readonly value?: RemoteObject
}

interface Properties {
  readonly result: readonly Property[]
  readonly internalProperties?: readonly Property[]
}

interface EngineLocation {
  readonly scriptId: string
  readonly lineNumber: number
  readonly columnNumber: number
}

/** Where the inspected object is put for the moment in which the session asks for it. */
const KEY = 'aioloop.v1.inspected'
const files = new Map<string, string>()

/** Where a function is written. */
export function placeOfFunction(fn: object): Place | undefined {
  return ask(fn, (session, id) => placeOf(session, propertiesOf(session, id), '[[FunctionLocation]]', nameOf))
}

/** Where a generator stands, or its first line when its body has not begun. */
export function placeOfGenerator(generator: object): Place | undefined {
  return ask(generator, (session, id) => {
    const properties = propertiesOf(session, id)
    const fn = internal(properties, '[[GeneratorFunction]]')?.objectId
    return placeOf(session, properties, '[[GeneratorLocation]]', () =>
      fn === undefined ? '' : nameOf(propertiesOf(session, fn)),
    )
  })
}

function ask(object: object, question: (session: Session, objectId: string) => Place | undefined): Place | undefined {
  const world = globalThis as unknown as Record<symbol, unknown>
  let session: Session | undefined
  try {
    session = openSession()
    world[Symbol.for(KEY)] = object
    const found = call<{ result: RemoteObject }>(session, 'Runtime.evaluate', {
      expression: `globalThis[Symbol.for('${KEY}')]`,
    })
    const id = found?.result.objectId
    return session === undefined || id === undefined ? undefined : question(session, id)
  } catch {
    // No inspector here: the place stays unknown, which callers say.
    return undefined
  } finally {
    delete world[Symbol.for(KEY)]
    session?.disconnect()
  }
}

function openSession(): Session | undefined {
  const { getBuiltinModule } = process as { getBuiltinModule?: (id: string) => unknown }
  const inspector = getBuiltinModule?.('node:inspector') as { Session: new () => Session } | undefined
  if (inspector === undefined) return undefined
  const session = new inspector.Session()
  session.connect()
  return session
}

/** The callbacks of a session in the same thread are called before `post` returns. */
function call<R>(session: Session | undefined, method: string, params: object): R | undefined {
  let answer: R | undefined
  session?.post(method, params, (error, result) => {
    if (error === null) answer = result
  })
  return answer
}

function propertiesOf(session: Session, objectId: string): Properties | undefined {
  return call<Properties>(session, 'Runtime.getProperties', { objectId, ownProperties: true })
}

function internal(properties: Properties | undefined, name: string): RemoteObject | undefined {
  return properties?.internalProperties?.find((property) => property.name === name)?.value
}

function nameOf(properties: Properties | undefined): string {
  const name = properties?.result.find((property) => property.name === 'name')?.value?.value
  return typeof name === 'string' ? name : ''
}

function placeOf(
  session: Session,
  properties: Properties | undefined,
  where: string,
  name: (properties: Properties | undefined) => string,
): Place | undefined {
  const location = internal(properties, where)?.value as EngineLocation | undefined
  if (location === undefined) return undefined
  const { scriptId, lineNumber, columnNumber } = location
  // The engine counts from 0 here, and from 1 in stacks of errors.
  return {
    functionName: name(properties),
    file: fileOf(session, scriptId),
    line: lineNumber + 1,
    column: columnNumber + 1,
  }
}

function fileOf(session: Session, scriptId: string): string | undefined {
  if (!files.has(scriptId)) {
    session.on('Debugger.scriptParsed', ({ params }) => files.set(params.scriptId, params.url))
    session.post('Debugger.enable')
    session.post('Debugger.disable')
  }
  return files.get(scriptId) || undefined
}
