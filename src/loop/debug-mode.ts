/** Whether loops begin in debug mode: the environment says so, as for asyncio. */
export function debugByDefault(): boolean {
  const wanted = process.env.AIOLOOP_DEBUG
  return wanted !== undefined && wanted !== '' && wanted !== '0'
}
