"""The long help texts of verbs."""

EPILOGUE = """\
examples:
  hyperopt run stack=adam/sgd clip=true              one run: Adam, tuned by SGD whose gradients are clipped
  hyperopt run stack=adam/sgd alpha=0.01/1e-5        the alpha of every level, bottom to top
  hyperopt run -m stack=sgd/sgd,adam/sgd clip=false,true seed=0,1,2 epochs=1
                                                     a sweep: packed, cached, resumable
  hyperopt run -m stack=adam/sgd seed='range(0,10)' --plan
                                                     what would run, and how long
  hyperopt runs stack='adam/*' by=stack,alpha        what is stored, over seeds
  hyperopt tables clipping/table2                    train what is missing and print the table
  hyperopt tables 'clipping/*' seeds=5 budget=30m    more seeds, as far as half an hour goes

exit codes:
  0  all done            1  a run, pack or data set failed
  2  bad input           130  interrupted; the same command goes on from the last checkpoints
"""

RUN = """\
what a run is (conf/config.yaml has every key and its default):
  stack=adam/sgd         rules, bottom to top: Adam on the weights, SGD on Adam's hyperparameters
  alpha=1e-4             the top level's;  alpha=0.01/1e-5 every level's
  momentum= beta1= beta2= gamma=    level 0's
  clip=true              norm-averaged clipping at every level above 0;  clip=false/true per level
  tune=all               what level 1 tunes: all, alpha, [alpha,beta1]
  form=reported          the rules as the reports' code has them, or textbook; each habit is a key
  dataset=mnist  model=mlp  model.hidden=[128]  batch_size=256  epochs=5  seed=0
how it runs, no part of what it is:
  device=auto|cpu|cuda  workers=auto|N  pack=auto|N  compile=auto|true|false  format=text|json
  engine=local|dask|slurm  on this machine, a Dask cluster, Slurm (docs/scale.md)
  scheduler=tcp://HOST:8786 or its file (dask)  partition= time=2h memory=4GB gpus=1 (slurm)
  tag=baseline,v2  note='what it is for'
  record_every=50        loss and learned rates every 50 steps, too: plot x=step, export, callbacks
  callbacks=tensorboard,trackio      written while it trains, below the store; or package.module:Class
cfg=FILE               what --cfg printed, or any of its keys; what the command line says stands before it
with -m every key takes several values: a,b,c  choice(a,b,c)  range(0,3)
"""

PAGES = """\
options:
  seeds=5 or seeds=0,3,4   how many seeds, or which     epochs=1   epochs of every run
  budget=30m               train what fits (s, m, h)    needs=any  also what asks for a GPU, without one
  from=published           published records count as present
  stack=, form=, ...       any key of a run that the table does not vary
  device=, workers=, pack=, compile=, record_every=, engine= and its keys   as for run
  format=markdown          the whole page, also on a terminal; elsewhere it is printed anyway
"""

SELECTION = """\
which runs, all of it has to hold:
  stack=adam/sgd   stack='adam/*'   dataset=mnist,iris     a value, a glob, several
  alpha='<1e-3'    alpha=1e-4..1e-2                        a bound, a range; of alpha the top level's is meant
  alpha=0.01/1e-5  clip=false/true                         every level's, bottom to top
  seed=0,1,2       seed='range(0,3)'
  test_error='<3'  0.alpha='>0.1'   diverged=true          what it ended with
  id=3f2a          started=2026-11-26   tag=baseline       its id or start, as it begins; a tag
  from=here|published|all                                  which records; here, if none is said
"""

RUNS = f"""\
{SELECTION}
how they are shown:
  show=test_error,0.alpha   the columns
  sort=test_loss            by any key of a run, or a column of groups; sort=-test_loss has the largest first
  by=stack,alpha            n, mean and sd over the runs of each group; median and range where one diverged
  format=text|json|csv|markdown
"""

PLOT = f"""\
{SELECTION}
how they are drawn:
  metric=test_error,0.alpha   a picture each, side by side
  x=epoch|step|KEY            a setting that is a number, such as alpha (the top level's): what runs end with
  by=stack                    a curve for each; if nothing is said, for all settings but the seed
  log=x|y|xy                  logarithmic axes          file=plot.png   .png or .svg
"""

COMPARE = f"""\
the first two words are A and B, each one or several in quotes; all others hold for both:
  hyperopt compare stack=adam stack=adam/sgd dataset=mnist
  hyperopt compare 'stack=adam alpha=1e-3' 'stack=adam/sgd alpha=1e-5' epochs=5
the seeds that both have are compared in pairs; *: the interval of the difference leaves out 0.
{SELECTION}
how they are shown:
  metric=test_error,0.alpha   which metrics; the first is drawn      plot=FILE   a picture too, .png or .svg
"""

TAG = f"""\
tags and notes are no part of a run's id; `hyperopt run ... tag=NAME note=TEXT` says them at once.
a tag is added to those there are; a note takes the place of the one before, which is named:
  hyperopt tag baseline stack=adam         hyperopt tag baseline stack=adam --remove
  hyperopt note 'odd start' id=3f2a        hyperopt runs tag=baseline
{SELECTION}"""

EXPORT = f"""\
  hyperopt export tensorboard DIR stack='adam/*'     event files, by setting and seed, and means over seeds
  hyperopt export trackio DIR                        its tables, a run each, a group for each setting
  hyperopt export csv DIR                            runs.csv, epochs.csv; steps.csv of recorded steps
to export again adds what is new; the files of csv are replaced, and hold what was selected last.
{SELECTION}"""

WHICH = """\
three answers, each with the lines of Python that make it: for no idea of the learning rate, a rough one, and
a tuned AdamW. They follow from final test losses as multiples of that of AdamW at its best rate, by rules
that results/which_stack/README.md explains.
  iris logistic 'mnist*'      on these workloads of experiments/which_stack/ alone
  band=0.1                    within it AdamW is as good, and the answer; and a rate is good from which a
                              method comes within it of AdamW's best
  target=1                    who comes in the fewest epochs to the best loss of AdamW; 1.05: to 1.05 times it
  from=here|published|all     runs of your own store, those in results/records, or both, if none is said
  format=markdown             the whole page, also on a terminal; elsewhere it is printed anyway
such as:
  hyperopt which logistic mnist_mlp band=0.05 target=1.05
"""

COMPLETION = """\
verbs, keys, values, experiments and ids of runs; once per shell:
  hyperopt completion bash >> ~/.bashrc
  hyperopt completion zsh >> ~/.zshrc         after the line with compinit
  hyperopt completion fish > ~/.config/fish/completions/hyperopt.fish
do it again after an update, or for new experiments of your own.
"""
