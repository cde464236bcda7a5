import type { Machines } from './machine.ts';

/** Of each platform: the family that its packages are built for (Synology's developer guide). */
const families = 'https://help.synology.com/developer-guide/appendix/platarchs.html';
/** The same for platforms that the guide leaves out, with GOARCH and GOARM. */
const goFlags =
  'https://github.com/SynoCommunity/spksrc/blob/1437386ac9fa9113a4b4faa969cf4964773b6d22/mk/spksrc.cross/env-go.mk';
const archs =
  'https://github.com/SynoCommunity/spksrc/blob/0b3eacf0994bad148168b5abfd1a7c118e333a26/mk/spksrc.common/archs.mk';
/** Model → processor and platform, as Synology's list of processors had it in 2020. */
const models = 'https://github.com/jdel/gosspks/blob/43247bb86d6529244304e3fb2d5ba3f8bafed81e/models.yml';
/** Model → platform, kept up to date. */
const wiki = 'https://github.com/SynoCommunity/spksrc/wiki/Architecture-per-Synology-model';
const wikiOfPackages = 'https://github.com/SynoCommunity/spksrc/wiki/Synology-and-SynoCommunity-Package-Architectures';
const homebridge = 'https://github.com/homebridge/homebridge-syno-spk';
/** Which processors have the instructions of x86-64-v2. */
const levels = 'https://en.opensuse.org/X86-64_microarchitecture_levels';

const row = (processor: string, target: string | undefined, sources: readonly string[], models: string): Machines => ({
  maker: 'synology',
  processor,
  target,
  sources,
  models,
});

/**
 * Synology's machines by platform. x86-64 is v2 only for processors whose list of instructions has it (Silvermont,
 * Nehalem and what came after them); the Atoms of D410 to D2700 stay at v1.
 */
export const synology: readonly Machines[] = [
  row(
    'geminilake',
    'linux/amd64/v2',
    [wiki, families, levels],
    'DS220+ DS224+ DS420+ DS423+ DS720+ DS920+ DS1520+ DVA1622',
  ),
  row('apollolake', 'linux/amd64/v2', [models, families, levels], 'DS218+ DS418play DS620slim DS718+ DS918+ DS1019+'),
  row('braswell', 'linux/amd64/v2', [models, families, levels], 'DS216+ DS216+II DS416play DS716+ DS716+II DS916+'),
  row(
    'denverton',
    'linux/amd64/v2',
    [models, wiki, families, levels],
    'DS1618+ DS1819+ DS2419+ DVA3219 DVA3221 RS820+ RS820RP+ RS2418+ RS2418RP+ RS2818RP+',
  ),
  row(
    'avoton',
    'linux/amd64/v2',
    [models, families, levels],
    'DS415+ DS1515+ DS1517+ DS1815+ DS1817+ DS2415+ RS815+ RS815RP+ RS818+ RS818RP+ RS1219+ RS2416+ RS2416RP+',
  ),
  row('r1000', 'linux/amd64/v2', [wiki, archs, levels], 'DS723+ DS923+ DS1522+ RS422+'),
  row(
    'v1000',
    'linux/amd64/v2',
    [wiki, families, levels],
    'DS1621+ DS1821+ DS1823xs+ DS2422+ FS2500 RS822+ RS822RP+ RS1221+ RS1221RP+ RS2421+ RS2421RP+ RS2423+ RS2423RP+ RS2821RP+',
  ),
  row(
    'broadwell',
    'linux/amd64/v2',
    [models, families, levels],
    'DS3617xs FS2017 FS3400 RS3617RPxs RS3617xs+ RS3618xs RS4017xs+ RS18017xs+',
  ),
  row(
    'broadwellnk',
    'linux/amd64/v2',
    [models, wikiOfPackages, families, levels],
    'DS3018xs FS1018 FS3600 RS1619xs+ SA3400 SA3600',
  ),
  row('grantley', 'linux/amd64/v2', [models, families, levels], 'FS3017'),
  row('purley', 'linux/amd64/v2', [models, families, levels], 'FS6400'),
  row(
    'bromolow',
    'linux/amd64/v2',
    [models, families, levels],
    'DS3611xs DS3612xs DS3615xs RC18015xs+ RS3411xs RS3411RPxs RS3412xs RS3412RPxs RS3413xs+ RS3614xs RS3614RPxs RS3614xs+ RS3617xs RS10613xs+ RS18016xs+',
  ),
  row(
    'cedarview',
    'linux/amd64',
    [models, families],
    'DS412+ DS713+ DS1512+ DS1513+ DS1812+ DS1813+ DS2413+ RS812+ RS812RP+ RS814+ RS814RP+ RS2212+ RS2212RP+ RS2414+ RS2414RP+',
  ),
  row(
    'x86',
    'linux/amd64',
    [models, goFlags, archs],
    'DS411+ DS411+II DS710+ DS712+ DS1010+ DS1511+ DS2411+ RS810+ RS810RP+ RS2211+ RS2211RP+',
  ),
  row('evansport', 'linux/386', [models, families], 'DS214play DS415play'),
  row('rtd1619b', 'linux/arm64', [homebridge, families], 'DS124 DS223 DS223j DS423'),
  row(
    'rtd1296',
    'linux/arm64',
    [models, homebridge, families],
    'DS118 DS218 DS218play DS220j DS418 DS418j DS420j RS819',
  ),
  row('armada37xx', 'linux/arm64', [models, families], 'DS119j DS120j'),
  row('alpine', 'linux/arm/v7', [models, families], 'DS715 DS1515 DS1517 DS1817 DS2015xs'),
  row('alpine4k', 'linux/arm/v7', [models, families], 'DS215+ DS416'),
  row(
    'armada38x',
    'linux/arm/v7',
    [models, goFlags, archs],
    'DS116 DS216 DS216j DS218j DS416j DS416slim DS419slim RS217 RS816',
  ),
  row('armada375', 'linux/arm/v7', [models, goFlags, archs], 'DS115 DS215j'),
  row('armada370', 'linux/arm/v7', [models, goFlags, archs], 'DS114 DS115j DS213j DS214se DS216se DS414slim RS214'),
  row('armadaxp', 'linux/arm/v7', [models, goFlags, archs], 'DS214 DS214+ DS414 RS814 RS815'),
  row('comcerto2k', 'linux/arm/v7', [models, goFlags, archs], 'DS414j'),
  row('monaco', 'linux/arm/v7', [models, goFlags, archs], 'DS216play'),
  row(
    '88f628x',
    'linux/arm/v5',
    [models, goFlags, archs],
    'DS110j DS111 DS112 DS112+ DS112j DS210j DS211 DS211+ DS211j DS212 DS212+ DS212j DS213 DS213air DS410j DS411 DS411j DS411slim DS413j RS212 RS411 RS812',
  ),
  row('qoriq', undefined, [models, goFlags, archs], 'DS213+ DS413'),
  row('ppc853x', undefined, [models, goFlags, archs], 'DS110+ DS210+ DS410'),
];
