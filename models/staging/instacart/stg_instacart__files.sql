with

files as (

    select * from {{ source('raw_package', 'loaded_files') }}

),

typed as (

    select
        -- ids
        cast(file_number as integer) as file_number,

        -- text
        cast(dataset as string) as dataset,
        cast(source_file as string) as source_file,
        cast(fabricated_columns as string) as fabricated_columns,

        -- booleans
        cast(is_cut_short as boolean) as is_cut_short

    from files

)

select * from typed
