import { Controller, Get, Param } from '@nestjs/common';
import { code as codeSchema, type ProblemKind, problemKind } from '#libs/contracts';
import { Public } from '../http/action.decorator.js';
import { AnswersAnyone } from '../openapi/answers.decorator.js';
import { notFound } from './api-problem.js';
import { isProblemCode, PROBLEMS } from './problem-catalog.js';

@Controller('problems')
export class ProblemsController {
  @Get(':code')
  @Public()
  @AnswersAnyone(problemKind, { summary: "What a problem's type points to", problems: ['not-found'] })
  readProblemKind(@Param('code', { schema: codeSchema }) code: string): ProblemKind {
    if (!isProblemCode(code)) throw notFound(`there is no problem '${code}'`);
    return { code, ...PROBLEMS[code] };
  }
}
