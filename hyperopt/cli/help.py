"""The long help texts of verbs."""

EPILOGUE = """\
examples:
  hyperopt run stack=adam/sgd clip=true              one run: Adam, tuned by SGD with clipped hypergradients
  hyperopt run stack=adam/sgd alpha=0.01/1e-5        the alpha of every level, bottom to top
  hyperopt run -m stack=sgd/sgd,adam/sgd clip=false,true seed=0,1,2 epochs=1
                                                     a sweep: packed, cached, resumable
  hyperopt run -m stack=adam/sgd seed='range(0,10)' --plan
                                                     what would run, and how long it takes
  hyperopt runs stack='adam/*' by=stack,alpha        stored runs, averaged over seeds
  hyperopt tables clipping/table2                    train what is missing and print the table
  hyperopt tables 'clipping/*' seeds=5 budget=30m    more seeds, within half an hour

exit codes:
  0  all done            1  a run, pack or data set failed, or nothing to publish
  2  bad input           130  interrupted (143 by SIGTERM); the same command resumes from the last checkpoints
"""

RUN = """\
settings of a run (conf/config.yaml has every key and its default):
  stack=adam/sgd         rules, bottom to top: Adam on the weights, SGD on Adam's hyperparameters
  alpha=1e-4             the top level's rate;  alpha=0.01/1e-5 every level's
  momentum= beta1= beta2= gamma=    of level 0
  clip=true              norm-averaged clipping at every level above 0;  clip=false/true per level
  tune=all               what level 1 tunes: all, alpha, [alpha,beta1]
  form=reported          the rules as in the reports' code, or textbook; each habit is a key
  dataset=mnist  model=mlp  model.hidden=[128]  batch_size=256  epochs=5  seed=0
how it runs (not part of its id):
  device=auto|cpu|cuda  workers=auto|N  pack=auto|N  compile=auto|true|false  format=text|json
  engine=local|dask|slurm  on this machine, a Dask cluster, Slurm (docs/scale.md)
  scheduler=tcp://HOST:8786 or its file (dask)  partition= time=2h memory=4GB gpus=1 (slurm)
  tag=baseline,v2  note='what it is for'
  record_every=50        also loss and learned rates every 50 steps: plot x=step, export, callbacks
  callbacks=tensorboard,trackio      written during training, into the store; or package.module:Class
cfg=FILE               the output of --cfg, or some of its keys; the command line takes precedence
with -m every key takes several values: a,b,c  choice(a,b,c)  range(0,3)
"""

PAGES = """\
options:
  seeds=5 or seeds=0,3,4   how many seeds, or which     epochs=1   epochs of every run
  budget=30m               train what fits (s, m, h)    needs=any  also what needs a GPU, without one
  from=published           published records count as present
  stack=, form=, ...       any key of a run that the table does not vary
  device=, workers=, pack=, compile=, record_every=, engine= and its keys   as for run
  format=markdown          the whole page, also on a terminal; piped output always has it
"""

SELECTION = """\
which runs (all conditions must hold):
  stack=adam/sgd   stack='adam/*'   dataset=mnist,iris     a value, a glob, several values
  alpha='<1e-3'    alpha=1e-4..1e-2                        a bound, a range; applies to the top level's alpha
  alpha=0.01/1e-5  clip=false/true                         every level's, bottom to top
  seed=0,1,2       seed='range(0,3)'
  test_error='<3'  0.alpha='>0.1'   diverged=true          final results
  id=3f2a          started=2026-11-26   tag=baseline       the start of its id or start time; a tag
  from=here|published|all                                  which records; by default here
"""

RUNS = f"""\
{SELECTION}
how they are shown:
  show=test_error,0.alpha   the columns
  sort=test_loss            by any key of a run, or a column of groups; sort=-test_loss puts the largest first
  by=stack,alpha            n, mean and sd over the runs of each group; median and range if one diverged
  format=text|json|csv|markdown
"""

PLOT = f"""\
{SELECTION}
how they are plotted:
  metric=test_error,0.alpha   one plot each, side by side
  x=epoch|step|KEY            KEY, a numeric setting such as the top level's alpha, plots final results
  by=stack                    a curve for each; by default for all settings except the seed
  log=x|y|xy                  logarithmic axes          file=plot.png   .png or .svg
"""

COMPARE = f"""\
the first two words are A and B, each one or several in quotes; all others apply to both:
  hyperopt compare stack=adam stack=adam/sgd dataset=mnist
  hyperopt compare 'stack=adam alpha=1e-3' 'stack=adam/sgd alpha=1e-5' epochs=5
seeds that both have are compared in pairs; *: the interval of the difference excludes 0.
{SELECTION}
how they are shown:
  metric=test_error,0.alpha   which metrics; the first is plotted    plot=FILE   also a picture, .png or .svg
"""

TAG = f"""\
tags and notes are not part of a run's id; `hyperopt run ... tag=NAME note=TEXT` sets them at once.
tags are added to existing ones; a note replaces the previous one, which is printed:
  hyperopt tag baseline stack=adam         hyperopt tag baseline stack=adam --remove
  hyperopt note 'odd start' id=3f2a        hyperopt runs tag=baseline
{SELECTION}"""

EXPORT = f"""\
  hyperopt export tensorboard DIR stack='adam/*'     event files, by setting and seed, and means over seeds
  hyperopt export trackio DIR                        its tables, one run each, one group per setting
  hyperopt export csv DIR                            runs.csv, epochs.csv; steps.csv for recorded steps
exporting again adds new runs; the csv files are overwritten with the latest selection.
{SELECTION}"""

WHICH = """\
three answers, each with its lines of Python: for no idea of the learning rate, a rough one, and a tuned
AdamW. They follow from final test losses as multiples of that of AdamW at its best rate, by rules
that results/which_stack/README.md explains.
  iris logistic 'mnist*'      only on these workloads of experiments/which_stack/
  band=0.1                    a method within this band of AdamW is no better, so AdamW is the answer; a rate
                              is good if the method comes within the band of AdamW's best loss
  target=1                    the method that first reaches AdamW's best loss; 1.05: 1.05 times that loss
  from=here|published|all     your own runs, those in results/records, or both (default)
  format=markdown             the whole page, also on a terminal; piped output has it without links
example:
  hyperopt which logistic mnist_mlp band=0.05 target=1.05
"""

COMPLETION = """\
verbs, keys, values, experiments and ids of runs; once per shell:
  hyperopt completion bash >> ~/.bashrc
  hyperopt completion zsh >> ~/.zshrc         after the line with compinit
  hyperopt completion fish > ~/.config/fish/completions/hyperopt.fish
repeat it after an update, or for new experiments of your own.
"""
