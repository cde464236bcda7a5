import { SlipwayError } from '../../core/errors.ts';
import { didYouMean } from '../../core/suggest.ts';
import { readTree } from '../../core/tree.ts';
import { type Compose, composeOf } from './compose.ts';
import { type Dockerfile, dockerfileOf } from './dockerfile.ts';
import { type Found, matches } from './found.ts';
import { grpcHealth, healthPaths } from './health.ts';
import { type Manifests, manifestsOf } from './manifests.ts';
import { portsInSource } from './port.ts';
import { type GoFile, type Module, moduleOf, type Program, programsOf, sourcesOf } from './programs.ts';
import { ciFilesOf, imageOf, type Remote, remoteOf } from './repository.ts';

/** What a repository says about the program in it. */
export interface Survey {
  readonly module: Module;
  /** The one that is released. */
  readonly program: Program;
  readonly others: readonly Program[];
  readonly port?: Found<number>;
  readonly healthPath?: Found;
  readonly grpc?: Found<true>;
  readonly cgo?: Found<true>;
  /** It tells systemd when it is ready. */
  readonly notifies?: Found<true>;
  /** Whether anything in it listens; a worker does not. */
  readonly listens: boolean;
  readonly image?: Found;
  readonly dockerfile?: Dockerfile;
  readonly compose?: Compose;
  readonly manifests?: Manifests;
  readonly remote?: Remote;
  readonly ciFiles: readonly string[];
}

/**
 * @param wanted the name or package of one of several programs
 * @throws SlipwayError GO_MODULE_MISSING, PROGRAM_MISSING
 */
export async function survey(directory: string, wanted?: string): Promise<Survey> {
  const tree = await readTree(directory);
  const module = await moduleOf(tree);
  if (module === undefined) throw noModule(directory, tree.files);
  const programs = await programsOf(tree, module);
  const program = wanted === undefined ? programs[0] : programs.find(one => isMeant(one, wanted));
  if (program === undefined) throw noProgram(programs, wanted);
  const sources = await sourcesOf(tree, module, program);
  const [dockerfile, compose, manifests, remote, inSource] = await Promise.all([
    dockerfileOf(tree),
    composeOf(tree, program),
    manifestsOf(tree, program),
    remoteOf(directory),
    portsInSource(sources, tree),
  ]);
  const outside = [...(manifests?.ports ?? []), ...(dockerfile?.ports ?? []), ...(compose?.ports ?? [])];
  const found = {
    port: portOf(inSource, outside),
    healthPath: healthPaths(sources)[0] ?? manifests?.healthPath,
    grpc: grpcHealth(sources),
    cgo: firstOf(sources, /^\s*(?:import\s+)?"C"\s*$/gm),
    notifies: firstOf(sources, /\.SdNotify\(|"READY=1/g),
    image: [manifests?.image, compose?.image].flatMap(repositoryOf)[0] ?? (remote && imageOf(remote)),
    dockerfile,
    compose,
    manifests,
    remote,
  };
  return {
    module,
    program,
    listens: inSource.length > 0 || sources.some(({ code }) => listening.test(code)),
    others: programs.filter(one => one !== program),
    ciFiles: ciFilesOf(tree),
    ...(Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined)) as object),
  };
}

const listening =
  /\bnet\.Listen|\bListenAndServe|\bhttp\.(Server|Handle|NewServeMux)|\bgrpc\.NewServer|"github\.com\/(labstack\/echo|gofiber\/fiber|gin-gonic\/gin)/;

function firstOf(sources: readonly GoFile[], pattern: RegExp): Found<true> | undefined {
  const [first] = sources.flatMap(({ file, code }) => matches(file, code, pattern));
  return first && { value: true, at: first.at };
}

/** Where the source and what runs it agree, that; else what the source says, else what runs it. */
function portOf(inSource: readonly Found<number>[], outside: readonly Found<number>[]): Found<number> | undefined {
  return inSource.find(({ value }) => outside.some(one => one.value === value)) ?? inSource[0] ?? outside[0];
}

/** The repository of an image that is named with its registry; of a placeholder (`registry.example`) nothing. */
function repositoryOf(image: Found | undefined): Found[] {
  if (image === undefined) return [];
  const name = image.value.split('@')[0]!.replace(/:[^/:]*$/, '');
  if (!/^[\w-]+(\.[\w-]+)+(:\d+)?\/[a-z0-9._/-]+$/.test(name)) return [];
  return /^(docker\.io|[^/]*example(\.\w+)?(:\d+)?)\//.test(name) ? [] : [{ value: name, at: image.at }];
}

const isMeant = (program: Program, wanted: string) =>
  [program.name, program.package, program.package.replace(/^\.\//, '')].includes(wanted);

function noModule(directory: string, files: readonly string[]): SlipwayError {
  const below = files.filter(file => file.endsWith('/go.mod')).slice(0, 5);
  return new SlipwayError('GO_MODULE_MISSING', `${directory} has no go.mod`, {
    hint:
      below.length === 0
        ? 'Run this where the go.mod of the program is.'
        : `Run this in a folder that has one, or give --directory: ${below.map(file => file.replace(/\/go\.mod$/, '')).join(', ')}.`,
  });
}

function noProgram(programs: readonly Program[], wanted: string | undefined): SlipwayError {
  const names = programs.map(({ name }) => name);
  if (wanted === undefined)
    return new SlipwayError('PROGRAM_MISSING', 'nothing here is a program: no file begins with `package main`', {
      hint: 'A library has nothing to deploy. Run this in the module of a program.',
    });
  return new SlipwayError('PROGRAM_MISSING', `there is no program "${wanted}"${didYouMean(wanted, names)}`, {
    hint: `There are: ${programs.map(one => `${one.name} (${one.package})`).join(', ')}.`,
  });
}
